package gate_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/evidence"
	"datai/exchange"
	"datai/gate"
	"datai/internal/apptest"

	"github.com/google/uuid"
)

// TestThePackOfTheGate holds the entries of every step with proofs, the files that
// came with them, and the outside reviews: their scores once they are closed, and
// never who gave them or in which words.
func TestThePackOfTheGate(t *testing.T) {
	a, code, ps, _ := chosen(t)
	ctx := t.Context()
	a.Evidence.Seal = a.DB.Seal
	if _, err := a.Evidence.Pack(ctx, account.Principal{ID: uuid.New(), Acting: account.Reviewer, Roles: []account.Role{account.Reviewer}}, "gate", code); !errors.Is(err, account.ErrForbidden) {
		t.Errorf("a reviewer takes it: %v", err)
	}
	if _, err := a.Evidence.Pack(ctx, apptest.Officer(), "gate", byTitle(t, a)["隧道渗水定位"].Code); catalog.CodeOf(err) != catalog.NotFound {
		t.Errorf("of a result that has taken no step: %v", err)
	}
	for i, p := range ps[:2] {
		if err := a.Gate.Score(ctx, p, view(t, a, code).Case.Round, []int{4, 3, 3, i}, "数据来自第三方", 0); err != nil {
			t.Fatal(err)
		}
	}
	pack, err := a.Evidence.Pack(ctx, apptest.Officer(), "gate", code)
	if err != nil || len(pack.Reviews) != 1 || len(pack.Reviews[0].Seats) != 4 || slices.ContainsFunc(pack.Reviews[0].Seats, func(s evidence.Seat) bool { return len(s.Scores) > 0 }) {
		t.Fatalf("of an open review: %+v, %v", pack.Reviews, err)
	}
	if err := a.Gate.Score(ctx, ps[2], view(t, a, code).Case.Round, []int{5, 5, 5, 5}, "", 0); err != nil {
		t.Fatal(err)
	}
	li := reviewer(t, a, "李老师", "")
	li.Roles, li.Acting = []account.Role{account.Officer}, account.Officer
	const pdf = "%PDF-1.7\n%%EOF\n"
	if _, err := a.Document.Add(ctx, li, "gate", code, gate.Return, "marked", "批注.pdf", strings.NewReader(pdf)); err != nil {
		t.Fatal(err)
	}
	if err := a.Gate.Move(ctx, li, code, view(t, a, code).Seen(), gate.Move{Do: gate.Return, Reason: "title"}); err != nil {
		t.Fatal(err)
	}
	if pack, err = a.Evidence.Pack(ctx, apptest.Officer(), "gate", code); err != nil {
		t.Fatal(err)
	}
	r := pack.Reviews[0]
	if r.Verdict != "hold" || r.Points != 22 || r.State != "closed" || r.Rules == "" || !slices.Equal(r.Seats[2].Scores, []int{5, 5, 5, 5}) || pack.Subject.State != string(gate.Returned) || pack.Subject.CreatedAt == 0 {
		t.Errorf("%+v of %+v", r, pack.Subject)
	}
	if n := len(pack.Events); n < 6 || pack.Events[n-1].Proof == nil {
		t.Errorf("%d entries", n)
	}
	var file bytes.Buffer
	if err := exchange.WritePack(&file, time.Local, pack); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
		for _, name := range []string{"方知行", "数据来自第三方"} {
			if strings.Contains(string(text), name) && f.Name != "index.html" && !strings.HasPrefix(f.Name, "proofs/") {
				t.Errorf("%s holds %s", f.Name, name)
			}
		}
	}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(pdf)))
	if files["documents/"+sum[:24]+".pdf"] != pdf || !strings.Contains(files["document-list.json"], `"step": "return"`) {
		t.Errorf("the document is not there: %s", files["document-list.json"])
	}
	for _, want := range []string{"外审", "Outside reviews", "<td>5</td>", "批注.pdf", "上架审"} {
		if !strings.Contains(files["index.html"], want) {
			t.Errorf("the index lacks %q", want)
		}
	}
	if strings.Contains(files["index.html"], "数据来自第三方") || !strings.Contains(files["review-list.json"], `"verdict": "hold"`) {
		t.Error(files["review-list.json"])
	}
}

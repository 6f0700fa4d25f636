package document_test

import (
	"strings"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/gate"
	"datai/intake"
	"datai/internal/apptest"
	"datai/store"

	"github.com/google/uuid"
)

// TestDocumentsOfTheGate stand in the form before there is a case, go with the
// step, are seen by whoever sees the result at the gate, and are forgotten by a
// seal, which the journal bears out.
func TestDocumentsOfTheGate(t *testing.T) {
	a := apptest.New(t)
	ctx := t.Context()
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "轴承故障识别", Abstract: "给风机用户。", Completers: []catalog.Completer{{Name: "穆若澜"}}})))
	code := a.AllResults(t)[0].Code
	li, wang := someone(t, a, "李老师"), someone(t, a, "王老师")
	reads := account.Principal{ID: uuid.New(), Acting: account.Discipline, Roles: []account.Role{account.Discipline}}
	seen := func() int64 {
		t.Helper()
		v, err := a.Gate.View(ctx, li, code)
		if err != nil {
			t.Fatal(err)
		}
		return v.Seen()
	}
	d, err := a.Document.Add(ctx, li, "gate", code, gate.Return, "marked", "批注.pdf", strings.NewReader(pdf))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Document.Add(ctx, li, "gate", code, gate.Resubmit, "mended", "整改.pdf", strings.NewReader(pdf)); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a file for a step that cannot be taken: %v", err)
	}
	if _, err := a.Document.Add(ctx, reads, "gate", code, gate.Return, "marked", "批注.pdf", strings.NewReader(pdf)); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("who only reads adds a file: %v", err)
	}
	for name, p := range map[string]account.Principal{"another officer": wang, "who reads": reads} {
		if _, err := a.Document.Fetch(ctx, p, d.ID); catalog.CodeOf(err) != catalog.NotFound {
			t.Errorf("%s fetches what was not sent: %v", name, err)
		}
	}
	if err := a.Gate.Move(ctx, wang, code, seen(), gate.Move{Do: gate.Date, On: catalog.Date{Year: 2026, Month: 4, Day: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := a.Gate.Move(ctx, li, code, seen(), gate.Move{Do: gate.Return, Reason: "title"}); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]account.Principal{"another officer": wang, "who reads": reads} {
		if got, err := a.Document.Fetch(ctx, p, d.ID); err != nil || got.Event != 3 { // brought by the list, dated, returned
			t.Errorf("%s: step %d, %v", name, got.Event, err)
		}
	}
	for _, role := range []account.Role{account.Manager, account.Reviewer, account.Professor, account.System} {
		if _, err := a.Document.Fetch(ctx, account.Principal{ID: uuid.New(), Acting: role, Roles: []account.Role{role}}, d.ID); catalog.CodeOf(err) != catalog.Forbidden {
			t.Errorf("%s fetches it: %v", role, err)
		}
	}
	verify := func(documents int64) {
		t.Helper()
		if err := a.DB.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		if r, err := a.DB.VerifyJournal(ctx, ""); err != nil || len(r.Faults) > 0 || r.Documents != documents {
			t.Errorf("%d documents, %v, %v", r.Documents, r.Faults, err)
		}
	}
	verify(1)
	if _, err := a.Document.Add(ctx, wang, "gate", code, gate.Resubmit, "mended", "整改.pdf", strings.NewReader(pdf+"%")); err != nil {
		t.Fatal(err)
	}
	if err := a.Gate.Move(ctx, li, code, seen(), gate.Move{Do: gate.Seal, Sure: true}); err != nil {
		t.Fatal(err)
	}
	verify(0)
	if err := a.DB.Write(ctx, func(tx *store.Tx) error {
		found, err := tx.DocumentsOf(ctx, d.Case)
		if err != nil || len(found) > 0 {
			t.Errorf("a seal leaves %v, %v", found, err)
		}
		n, err := tx.HoldParts(ctx, d.Hash)
		if n > 0 {
			t.Error("a seal leaves the content")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"datai/account"
	"datai/journal"
)

// TestEvidenceOfACase is taken by an officer from the page of the case, and holds
// proofs that hold and nothing of whoever asked.
func TestEvidenceOfACase(t *testing.T) {
	s := newSite(t)
	s.stock()
	r := s.result("轴承")
	s.visitor().post("/results/"+r.Code+"/connect", connectForm()).want(http.StatusSeeOther)
	if err := s.db.Sequence(context.Background()); err != nil {
		t.Fatal(err)
	}
	officer := s.as(account.Officer)
	officer.get("/contacts/2023-DJ-0001").want(http.StatusOK).has(`action="/contacts/2023-DJ-0001/pack"`, "下载证据包")
	a := officer.post("/contacts/2023-DJ-0001/pack", nil).want(http.StatusOK)
	if got := a.header.Get("Content-Type") + a.header.Get("Content-Disposition"); got != `application/zipattachment; filename="2023-DJ-0001.zip"` {
		t.Errorf("it is sent as %s", got)
	}
	files := unzipped(t, a.body)
	for name, text := range files {
		for _, p := range personal {
			if strings.Contains(text, p) {
				t.Errorf("%s holds %s", name, p)
			}
		}
	}
	proofs := 0
	for name, text := range files {
		if !strings.HasPrefix(name, "proofs/") {
			continue
		}
		proofs++
		var p journal.Proof
		if err := json.Unmarshal([]byte(text), &p); err != nil || p.Check() != nil || !strings.Contains(p.Record, "\ncontact.ask\n") || p.Checkpoint != files["signed-checkpoint.txt"] {
			t.Errorf("%s: %s, %v, %v", name, text, err, p.Check())
		}
		if !strings.Contains(files["index.html"], `href="`+name+`"`) {
			t.Errorf("%s is not in the index", name)
		}
	}
	if proofs != 1 {
		t.Errorf("%d proofs", proofs)
	}
	for _, want := range []string{`lang="zh-CN"`, `lang="en"`, "证据包 2023-DJ-0001", "Evidence pack 2023-DJ-0001", "如何核验", "How to check"} {
		if !strings.Contains(files["index.html"], want) {
			t.Errorf("the index lacks %q", want)
		}
	}
	if lines := strings.Count(files["sha256sums.txt"], "\n"); lines != len(files)-1 {
		t.Errorf("%d sums for %d files", lines, len(files))
	}
	// the journal notes the download, which the next pack holds
	if err := s.db.Sequence(context.Background()); err != nil {
		t.Fatal(err)
	}
	if next := unzipped(t, officer.post("/contacts/2023-DJ-0001/pack", nil).body); !strings.Contains(next["index.html"], "下载证据包") {
		t.Error("the download is not noted")
	}
	officer.post("/results/"+r.Code+"/pack", nil).want(http.StatusOK)
	officer.post("/needs/N-2222222222/pack", nil).want(http.StatusNotFound)
	s.visitor().post("/contacts/2023-DJ-0001/pack", nil).want(http.StatusForbidden)
	manager, _ := s.member(account.Manager)
	manager.post("/contacts/2023-DJ-0001/pack", nil).want(http.StatusForbidden)
}

func unzipped(t *testing.T, body string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
	}
	return files
}

// TestCheckpointIsPublic, as a page and as text; the auditor sees which entries
// are under it.
func TestCheckpointIsPublic(t *testing.T) {
	s := newSite(t)
	s.stock()
	if err := s.db.Sequence(context.Background()); err != nil {
		t.Fatal(err)
	}
	note := s.visitor().get("/journal/checkpoint.txt").want(http.StatusOK)
	c, _, err := journal.OpenCheckpoint(note.body, nil)
	if err != nil || c.Size < 1 || !strings.HasPrefix(note.header.Get("Content-Type"), "text/plain") {
		t.Fatalf("%q, %v", note.body, err)
	}
	s.visitor().get("/journal/checkpoint").want(http.StatusOK).has("操作日志检查点", c.Origin, "公钥")
	auditor, _ := s.member(account.Audit)
	auditor.get("/journal").want(http.StatusOK).has("已有检查点", `href="/journal/checkpoint"`)
}

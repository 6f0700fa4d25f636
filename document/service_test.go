package document_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/document"
	"datai/intake"
	"datai/internal/apptest"
	"datai/journal"
	"datai/process"
	"datai/store"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

const pdf = "%PDF-1.7\n%%EOF\n"

// open is an open case in which documents may come, with its code and an officer.
func open(t *testing.T) (a *apptest.App, code string, officer account.Principal) {
	t.Helper()
	a = apptest.New(t)
	a.Import(t, apptest.File(intake.Results, apptest.ResultRow(catalog.Result{Title: "轴承故障识别", Abstract: "给风机用户。"})))
	a.PublishResults(t)
	c, _, err := a.Contact.Ask(t.Context(), account.Nobody(), a.AllResults(t)[0].Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001",
		Purpose: "试用", Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	officer = someone(t, a, "李老师")
	if err := a.Contact.Move(t.Context(), officer, c.Code, 1, contact.Move{Do: contact.Talk}); err != nil {
		t.Fatal(err)
	}
	return a, c.Code, officer
}

func someone(t *testing.T, a *apptest.App, name string) account.Principal {
	t.Helper()
	p := account.Principal{ID: uuid.New(), Name: name, Roles: []account.Role{account.Officer}, Acting: account.Officer}
	if err := store.For[account.Tx](a.DB).Write(t.Context(), func(tx account.Tx) error {
		return tx.AddAccount(t.Context(), account.Account{ID: p.ID, Name: name, Roles: p.Roles, Version: 1})
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhoSeesADocument(t *testing.T) {
	a, code, li := open(t)
	ctx := t.Context()
	wang := someone(t, a, "王老师")
	d, err := a.Document.Add(ctx, li, "contact", code, contact.Secure, "agreement", "协议.pdf", strings.NewReader(pdf))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]account.Principal{"another officer": wang, "nobody": account.Nobody(), "the console": {Acting: account.Console, Roles: []account.Role{account.Console}},
		"an administrator": {ID: uuid.New(), Acting: account.System, Roles: []account.Role{account.System}}} {
		for what, err := range map[string]error{
			"fetch": second(a.Document.Fetch(ctx, p, d.ID)), "withdraw": second(a.Document.Withdraw(ctx, p, d.ID)),
		} {
			if code := catalog.CodeOf(err); code != catalog.NotFound && !errors.Is(err, account.ErrForbidden) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
	if _, err := a.Document.Add(ctx, account.Principal{ID: uuid.New(), Acting: account.Student, Roles: []account.Role{account.Student}}, "contact", code, contact.Secure, "agreement", "协议.pdf",
		strings.NewReader(pdf)); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("who handles no cases adds a document: %v", err)
	}
	if err := a.Contact.Move(ctx, li, code, 2, contact.Move{Do: contact.Secure}); err != nil {
		t.Fatal(err)
	}
	got, err := a.Document.Fetch(ctx, wang, d.ID)
	if err != nil || got.Event != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := a.Document.Withdraw(ctx, li, d.ID); catalog.CodeOf(err) != catalog.Conflict {
		t.Errorf("a document that was sent is taken out: %v", err)
	}
	if _, err := a.Document.Fetch(ctx, account.Principal{ID: uuid.New(), Acting: account.Student, Roles: []account.Role{account.Student}}, d.ID); catalog.CodeOf(err) != catalog.Forbidden {
		t.Errorf("a researcher fetches it: %v", err)
	}
	for _, verb := range []string{"document.add", "document.fetch"} {
		if n := entries(t, a, verb); n != 1 {
			t.Errorf("%d entries %s, want 1", n, verb)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func entries(t *testing.T, a *apptest.App, verb string) (n int) {
	t.Helper()
	if err := a.DB.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.DB.Read(t.Context(), func(tx *store.Tx) error {
		return tx.EachEntry(t.Context(), 0, func(k *journal.Kept) error {
			if k.Verb == verb {
				n++
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// Whatever a content is, it comes back as it was, in parts that the store keeps;
// one that lost or changed a part never arrives as a whole.
func TestAContentArrivesWholeOrNotAtAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, document.PartSize - 1, document.PartSize, document.PartSize + 1, 2 * document.PartSize, 2*document.PartSize + 7}).Draw(t, "size")
		whole := make([]byte, size)
		if _, err := rand.Read(whole); err != nil {
			t.Fatal(err)
		}
		var parts [][]byte
		for at := 0; at < size; at += document.PartSize {
			parts = append(parts, bytes.Clone(whole[at:min(at+document.PartSize, size)]))
		}
		hash := hashOf(whole)
		spoilt := rapid.IntRange(-1, len(parts)-1).Draw(t, "spoilt part")
		if spoilt >= 0 {
			if rapid.Bool().Draw(t, "lost") {
				parts[spoilt] = nil
			} else {
				parts[spoilt][rapid.IntRange(0, len(parts[spoilt])-1).Draw(t, "byte")] ^= 1
			}
		}
		var got bytes.Buffer
		err := document.WriteParts(hash, int64(size), func(n int) ([]byte, error) {
			if parts[n] == nil {
				return nil, catalog.Refuse(catalog.NotFound, "error.not_found")
			}
			return parts[n], nil
		}, &got)
		switch {
		case spoilt < 0 && (err != nil || !bytes.Equal(got.Bytes(), whole)):
			t.Fatalf("%d bytes of %d, %v", got.Len(), size, err)
		case spoilt >= 0 && (!errors.Is(err, document.ErrAltered) || got.Len() >= size):
			t.Fatalf("part %d is spoilt: %d bytes of %d, %v", spoilt, got.Len(), size, err)
		}
	})
}

// What breaks off while a file is kept leaves no document, and is swept away.
func TestAnUploadThatBreaksOffIsSwept(t *testing.T) {
	a, code, li := open(t)
	ctx := t.Context()
	if _, err := a.Document.Add(ctx, li, "contact", code, contact.Secure, "agreement", "大.pdf", broken{pdf, new(bool)}); err == nil {
		t.Fatal("a content that breaks off is kept")
	}
	parts := func() (n int) {
		if err := a.DB.Write(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.HoldParts(ctx, hashOf([]byte(pdf+strings.Repeat("\x00", 2*document.PartSize-len(pdf)))))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if parts() != 1 {
		t.Fatalf("%d parts were kept before it broke off", parts())
	}
	if err := a.Document.Sweep(ctx); err != nil || parts() != 1 {
		t.Errorf("what is being sent is swept away, %v", err)
	}
	a.Clock.Advance(25 * time.Hour)
	if err := a.Document.Sweep(ctx); err != nil || parts() != 0 {
		t.Errorf("%d parts are left, %v", parts(), err)
	}
	f, err := a.Document.Forms(ctx, li, "contact", code)
	if err != nil || len(f.Documents) != 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

// broken is a content of two parts, zeros after its text, whose second part can
// be read once: to be hashed, not to be kept.
type broken struct {
	text   string
	hashed *bool
}

func (broken) Size() int64 { return 2 * document.PartSize }

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at == document.PartSize && *b.hashed {
		return 0, io.ErrClosedPipe
	}
	if at+int64(len(p)) >= b.Size() {
		*b.hashed = true
	}
	clear(p)
	if at < int64(len(b.text)) {
		copy(p, b.text[at:])
	}
	return len(p), nil
}

func hashOf(b []byte) [32]byte { return sha256.Sum256(b) }

// An old draft is forgotten, a new one is not.
func TestDraftsAreForgotten(t *testing.T) {
	a, code, li := open(t)
	ctx := t.Context()
	save := func(next string) {
		t.Helper()
		if _, changed, err := a.Document.Save(ctx, li, "contact", code, document.Draft{Version: 2, Move: process.Move{Action: contact.Note, Values: map[string]string{"next": next}}}); err != nil || changed {
			t.Fatal(changed, err)
		}
	}
	left := func() int {
		f, err := a.Document.Forms(ctx, li, "contact", code)
		if err != nil {
			t.Fatal(err)
		}
		return len(f.Drafts)
	}
	save("一")
	a.Clock.Advance(29 * 24 * time.Hour)
	if err := a.Document.Sweep(ctx); err != nil || left() != 1 {
		t.Fatalf("%d drafts, %v", left(), err)
	}
	a.Clock.Advance(2 * 24 * time.Hour)
	if err := a.Document.Sweep(ctx); err != nil || left() != 0 {
		t.Fatalf("%d drafts, %v", left(), err)
	}
}

func TestNamesAreFit(t *testing.T) {
	for sent, want := range map[string]string{"a.pdf": "a.pdf", `C:\x\a.pdf`: "a.pdf", "../../a.pdf": "a.pdf", "a\u202Efdp.exe": "afdp.exe", " . ": "", "..": "", "": "",
		"a\x00\x1b.pdf": "a.pdf", ".pdf": "pdf", "合同 (1).PDF": "合同 (1).PDF", strings.Repeat("长", 200) + ".pdf": strings.Repeat("长", 116) + ".pdf"} {
		if got := document.FitName(sent); got != want {
			t.Errorf("%q: %q, want %q", sent, got, want)
		}
	}
	for name, want := range map[string]string{"a.pdf": "pdf", "A.PDF": "pdf", "a.pdf.exe": "", "a.tar.docx": "docx", "pdf": "", "a.": "", "a.zip": "", "a.Docx": "docx"} {
		if got := document.TypeOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, kind := range document.Types() {
		if document.Media(kind) == "" {
			t.Errorf("a browser is told nothing about %s", kind)
		}
	}
}

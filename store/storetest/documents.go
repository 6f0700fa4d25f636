package storetest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"datai/catalog"
	"datai/contact"
	"datai/document"
	"datai/process"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// stepDrafts: one draft an account, case and step; the last counts.
func stepDrafts(t *testing.T, db *store.DB) {
	ctx := t.Context()
	mine, case1 := newID(t), newID(t)
	draft := func(account, of uuid.UUID, action process.Action, begun, saved int64, next string) document.Draft {
		return document.Draft{ID: newID(t), Account: account, Case: of, Version: saved, BegunAt: begun, SavedAt: saved,
			Move: process.Move{Action: action, Reason: "cost", Text: "说明", Values: map[string]string{"next": next}}}
	}
	save := func(ds ...document.Draft) {
		t.Helper()
		for _, d := range ds {
			write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveForm(ctx, d) })
		}
	}
	forms := func(account, of uuid.UUID) (out []document.Draft) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			out, err = tx.FormsOf(ctx, account, of)
			return err
		})
		return out
	}
	first, again, other := draft(mine, case1, "meet", 1, 10, "一"), draft(mine, case1, "meet", 5, 30, "二"), draft(mine, case1, "drop", 2, 20, "三")
	save(first, other, again, draft(newID(t), case1, "meet", 1, 10, "别人"), draft(mine, newID(t), "meet", 1, 40, "别处"))
	again.BegunAt = first.BegunAt
	if diff := cmp.Diff([]document.Draft{again, other}, forms(mine, case1)); diff != "" {
		t.Errorf("drafts (-want +got):\n%s", diff)
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.DropForm(ctx, mine, case1, "meet") })
	if got := forms(mine, case1); len(got) != 1 || got[0].ID != other.ID {
		t.Errorf("after one was dropped: %+v", got)
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.DropFormsBefore(ctx, 21) })
	if got := forms(mine, case1); len(got) != 0 {
		t.Errorf("an old draft is kept: %+v", got)
	}
}

// content is a file of some parts, kept for a document of a case.
func content(t *testing.T, db *store.DB, account, of uuid.UUID, action process.Action, text string, at int64) document.Document {
	t.Helper()
	ctx := t.Context()
	d := document.Document{ID: newID(t), Kind: "contact", Case: of, Code: "2026-DJ-0001", Action: action, Field: "agreement", Account: account,
		Name: "保密协议（" + text + "）.pdf", Type: "pdf", Size: int64(len(text)), Hash: sha256.Sum256([]byte(text)), AddedAt: at}
	for n, part := range []string{text[:len(text)/2], text[len(text)/2:]} {
		id := newID(t)
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SavePart(ctx, d.Hash, n, id, at, []byte(part)) })
	}
	return d
}

func documents(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := newResult(t, "标题")
	put(ctx, t, db, r)
	c, other := newCase(t, r.ID, 1), newCase(t, r.ID, 2)
	mine, theirs := newID(t), newID(t)
	a, b := content(t, db, mine, c.ID, "secure", "第一份内容", 1), content(t, db, mine, c.ID, "secure", "第二份内容", 2)
	same := content(t, db, theirs, other.ID, "secure", "第一份内容", 3)
	left := content(t, db, theirs, c.ID, "quote", "别人的草稿", 4)
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, x := range []contact.Case{c, other} {
			if err := tx.AddCase(ctx, x); err != nil {
				return err
			}
		}
		for _, d := range []document.Document{a, b, same, left} {
			if n, err := tx.HoldParts(ctx, d.Hash); err != nil || n != 2 {
				t.Errorf("%d parts, %v", n, err)
			}
			if err := tx.AddDocument(ctx, d); err != nil {
				return err
			}
		}
		return tx.SaveForm(ctx, document.Draft{ID: left.ID, Account: theirs, Case: c.ID, SavedAt: 5, Move: process.Move{Action: "quote"}})
	})
	of := func(id uuid.UUID) (ds []document.Document) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			ds, err = tx.DocumentsOf(ctx, id)
			return err
		})
		return ds
	}
	if diff := cmp.Diff([]document.Document{a, b, left}, of(c.ID)); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		var whole bytes.Buffer
		for n := range 2 {
			part, err := tx.Part(ctx, a.Hash, n)
			if err != nil {
				return err
			}
			whole.Write(part)
		}
		if whole.String() != "第一份内容" {
			t.Errorf("%q", whole.String())
		}
		_, err := tx.Part(ctx, a.Hash, 2)
		mustBe(t, err, catalog.NotFound, "")
		_, err = tx.Document(ctx, newID(t))
		mustBe(t, err, catalog.NotFound, "")
		in, err := tx.FormDocuments(ctx, mine, c.ID, "secure")
		if want := fmt.Sprintf("%x %x", a.Hash, b.Hash); err != nil || in.String() != want || in.Counts()["agreement"] != 2 {
			t.Errorf("in the form are %s, %v; want %s", in, err, want)
		}
		return nil
	})

	// The step is taken: what was counted belongs to it, and nothing else.
	taken := process.Event{At: 9, Who: mine, Taken: process.Taken{Action: "secure"}}
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.AddEvent(ctx, c.ID, taken); err != nil {
			return err
		}
		return tx.EndForm(ctx, mine, c.ID, "secure", 1, false)
	}), catalog.Conflict, "")
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddEvent(ctx, c.ID, taken); err != nil {
			return err
		}
		return tx.EndForm(ctx, mine, c.ID, "secure", 2, false)
	})
	if got := of(c.ID); got[0].Event != 1 || got[1].Event != 1 || got[2].Event != 0 || of(other.ID)[0].Event != 0 {
		t.Errorf("after the step: %+v", got)
	}
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { return tx.DropDocument(ctx, a.ID) }), catalog.Conflict, "document.sent")

	// The case is over: the forms of everybody for it are gone, with contents that
	// nothing else has.
	write(ctx, t, db, func(tx *store.Tx) error { return tx.EndForm(ctx, mine, c.ID, "drop", 0, true) })
	if got := of(c.ID); len(got) != 2 {
		t.Errorf("after the end: %+v", got)
	}
	parts := func(d document.Document) (n int) {
		t.Helper()
		write(ctx, t, db, func(tx *store.Tx) (err error) {
			n, err = tx.HoldParts(ctx, d.Hash)
			return err
		})
		return n
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.DropDocument(ctx, same.ID) }) // the content is that of a
	if parts(left) != 0 || parts(a) != 2 || parts(b) != 2 {
		t.Errorf("parts: %d of what is gone, %d and %d of what is there", parts(left), parts(a), parts(b))
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		if forms, err := tx.FormsOf(ctx, theirs, c.ID); err != nil || len(forms) != 0 {
			t.Errorf("a draft outlives its case: %+v, %v", forms, err)
		}
		return nil
	})

	// What was begun and never ended is swept away, what has a document is not.
	content(t, db, mine, c.ID, "sign", "没有传完", 50)
	write(ctx, t, db, func(tx *store.Tx) error { return tx.DropPartsBefore(ctx, 50) })
	if got := parts(document.Document{Hash: sha256.Sum256([]byte("没有传完"))}); got != 2 {
		t.Errorf("%d parts of what is being sent", got)
	}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.DropPartsBefore(ctx, 51) })
	if got := parts(document.Document{Hash: sha256.Sum256([]byte("没有传完"))}); got != 0 || parts(a) != 2 {
		t.Errorf("%d parts of what was left, %d of what is there", got, parts(a))
	}
}

// sharedContent: of one who lets go of a content and others who take it, whoever
// comes, no document is left without its content.
func sharedContent(t *testing.T, db *store.DB) {
	ctx := t.Context()
	of := newID(t)
	for round := range 10 {
		text := fmt.Sprintf("第 %d 轮的内容", round)
		was := content(t, db, newID(t), of, "secure", text, 1)
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddDocument(ctx, was) })
		next := make([]document.Document, writers)
		for i := range next {
			next[i] = was
			next[i].ID, next[i].Account = newID(t), newID(t)
		}
		errs := together(writers, func(i int) error {
			return db.Write(ctx, func(tx *store.Tx) error {
				if i == 0 {
					return tx.DropDocument(ctx, was.ID)
				}
				n, err := tx.HoldParts(ctx, was.Hash)
				if err != nil {
					return err
				}
				if n != 2 {
					return catalog.Refuse(catalog.Unavailable, "error.busy")
				}
				return tx.AddDocument(ctx, next[i])
			})
		})
		there := 0
		for i, err := range errs {
			switch {
			case err == nil && i > 0:
				there++
			case err != nil:
				mustBe(t, err, catalog.Unavailable, "")
			}
		}
		write(ctx, t, db, func(tx *store.Tx) error {
			n, err := tx.HoldParts(ctx, was.Hash)
			if want := min(there, 1) * 2; n != want {
				t.Errorf("round %d: %d documents have a content of %d parts, want %d", round, there, n, want)
			}
			ds, listErr := tx.DocumentsOf(ctx, of)
			ds = slices.DeleteFunc(ds, func(d document.Document) bool { return d.Hash != was.Hash })
			if len(ds) != there {
				t.Errorf("round %d: %d documents, want %d; %v", round, len(ds), there, listErr)
			}
			return err
		})
	}
}

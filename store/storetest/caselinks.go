package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/process"
	"datai/rules"
	"datai/store"

	"github.com/google/go-cmp/cmp"
)

// caseLinks: a link answers once, while it lasts, and of its kind and side the
// newest counts.
func caseLinks(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := newResult(t, "标题")
	put(ctx, t, db, r)
	c, other := newCase(t, r.ID, 1), newCase(t, r.ID, 2)
	link := func(of contact.Case, n byte, kind contact.LinkKind, side process.Actor) contact.Link {
		return contact.Link{Hash: [32]byte{n}, Case: of.ID, Kind: kind, Side: side, MadeAt: 10, ExpiresAt: 100}
	}
	// All at one time: which is the newest is no matter of clocks.
	links := []contact.Link{
		link(c, 9, contact.Invitation, contact.Professor), link(c, 1, contact.Invitation, contact.Professor), link(c, 2, contact.Progress, contact.Asker),
		link(c, 3, contact.Progress, contact.Professor), link(c, 4, contact.Progress, contact.Asker), link(other, 5, contact.Invitation, contact.Professor),
	}
	write(ctx, t, db, func(tx *store.Tx) error {
		for _, x := range []contact.Case{c, other} {
			if err := tx.AddCase(ctx, x); err != nil {
				return err
			}
		}
		for _, l := range links {
			if err := tx.AddCaseLink(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Write(ctx, func(tx *store.Tx) error { return tx.AddCaseLink(ctx, links[0]) }); err == nil {
		t.Error("one secret leads to two places")
	}
	load := func(n byte) (l contact.Link) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			l, err = tx.CaseLinkByHash(ctx, [32]byte{n})
			return err
		})
		return l
	}
	if diff := cmp.Diff(links[2], load(2)); diff != "" {
		t.Errorf("link (-want +got):\n%s", diff)
	}
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.CaseLinkByHash(ctx, [32]byte{8}); return err }), catalog.NotFound, "")
	last := func(kind contact.LinkKind, side process.Actor, want byte) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) error {
			l, ok, err := tx.LastCaseLink(ctx, c.ID, kind, side)
			if ok != (want > 0) || l.Hash[0] != want {
				t.Errorf("the newest %s of %s is %d, want %d", kind, side, l.Hash[0], want)
			}
			return err
		})
	}
	last(contact.Invitation, contact.Professor, 1)
	last(contact.Progress, contact.Asker, 4)
	last(contact.Progress, contact.Professor, 3)
	last(contact.Invitation, contact.Asker, 0)

	use := func(n byte, at int64, want bool) {
		t.Helper()
		write(ctx, t, db, func(tx *store.Tx) error {
			used, err := tx.UseCaseLink(ctx, [32]byte{n}, at, fmt.Sprintf("at %d", at))
			if used != want {
				t.Errorf("link %d used at %d: %v, want %v", n, at, used, want)
			}
			return err
		})
	}
	use(1, 100, false) // expired at that very time
	use(1, 101, false)
	if l := load(1); l != links[1] {
		t.Errorf("an expired link that somebody tried: %+v", l)
	}
	use(1, 99, true)
	use(1, 99, false) // once
	use(1, 50, false)
	use(8, 50, false) // no link
	if l := load(1); l.UsedAt != 99 || l.Answer != "at 99" || l.Live(50) {
		t.Errorf("a used link: %+v", l)
	}
	// What was ended is over, what was used keeps its answer, others go on.
	end := func(kind contact.LinkKind, at int64) {
		write(ctx, t, db, func(tx *store.Tx) error { return tx.EndCaseLinks(ctx, c.ID, kind, at) })
	}
	end(contact.Invitation, 60)
	for n, want := range map[byte]int64{9: 60, 1: 100, 2: 100, 3: 100, 4: 100, 5: 100} {
		if l := load(n); l.ExpiresAt != want {
			t.Errorf("link %d ends at %d, want %d", n, l.ExpiresAt, want)
		}
	}
	use(9, 60, false)
	end("", 70)
	end("", 90) // ends nothing later than before
	for n, want := range map[byte]int64{9: 60, 1: 100, 2: 70, 3: 70, 4: 70, 5: 100} {
		if l := load(n); l.ExpiresAt != want {
			t.Errorf("link %d ends at %d, want %d", n, l.ExpiresAt, want)
		}
	}
	use(2, 80, false)
	use(5, 80, true)
}

// Of many who use one link at once one does, and the answer is theirs.
func caseLinkAtOnce(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := newResult(t, "标题")
	put(ctx, t, db, r)
	c := newCase(t, r.ID, 1)
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddCase(ctx, c) })
	for round := range byte(10) {
		l := contact.Link{Hash: [32]byte{1, round}, Case: c.ID, Kind: contact.Invitation, Side: contact.Professor, MadeAt: 1, ExpiresAt: 100}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddCaseLink(ctx, l) })
		used := make([]bool, writers)
		for i, err := range together(writers, func(i int) error {
			return db.Write(ctx, func(tx *store.Tx) (err error) {
				used[i] = false
				if round%2 == 0 { // as a service does that asks first; else the guard stands alone
					if seen, err := tx.CaseLinkByHash(ctx, l.Hash); err != nil || seen.UsedAt > 0 {
						return err
					}
				}
				used[i], err = tx.UseCaseLink(ctx, l.Hash, 50, fmt.Sprint(i))
				return err
			})
		}) {
			if err != nil {
				t.Fatalf("writer %d: %v", i, err)
			}
		}
		var winners []int
		for i, won := range used {
			if won {
				winners = append(winners, i)
			}
		}
		read(ctx, t, db, func(tx *store.Tx) error {
			got, err := tx.CaseLinkByHash(ctx, l.Hash)
			if len(winners) != 1 || got.Answer != fmt.Sprint(winners[0]) {
				t.Errorf("round %d: used by %v, answered by %q", round, winners, got.Answer)
			}
			return err
		})
	}
}

// answeredLate: a form that was opened in time and sent after the deadline is
// refused, with the deadline; nothing changes, and two at once who are in time are
// one answer.
func answeredLate(t *testing.T, db *store.DB) {
	ctx := t.Context()
	at := time.Date(2026, 4, 7, 9, 0, 0, 0, rules.Shanghai())
	now := func() time.Time { return at }
	_, _, cases := contactCases(t, db, now)
	officer := account.Principal{Acting: account.Officer, Roles: []account.Role{account.Officer}}
	r := newResult(t, "热泵")
	r.State, r.PublicConfirmed, r.ExpiresAt = catalog.ResultListed, true, at.AddDate(1, 0, 0).UnixMilli()
	r.Completers = []catalog.Completer{{Name: "沈若川", Unit: "机械学院"}}
	put(ctx, t, db, r)
	c, page, err := cases.Ask(ctx, account.Nobody(), r.Code, contact.Request{Name: "罗静姝", Organisation: "示例轴承", Reach: "13800000001", Purpose: "试用",
		Source: contact.FromListing, Consent: "同意"})
	if err != nil {
		t.Fatal(err)
	}
	invite := func(version int64) contact.Door {
		t.Helper()
		out, err := cases.Invite(ctx, officer, c.Code, version, contact.Asking{Name: "沈若川", Reach: "13900000001"})
		if err != nil {
			t.Fatal(err)
		}
		return contact.Door{Secret: out.Secret, Who: account.Nobody()}
	}
	late := func(what string, err error, deadline int64) {
		t.Helper()
		mustBe(t, err, catalog.Conflict, "process.late")
		var refused *process.Refusal
		if !errors.As(err, &refused) || refused.Why != process.TooLate || refused.Deadline != deadline {
			t.Errorf("%s: %+v, want the deadline %d", what, refused, deadline)
		}
	}
	yes := contact.Reply{Willing: true, Name: "沈若川", Unit: "机械学院", Consent: "同意"}
	door := invite(1)
	q, err := cases.Inquiry(ctx, door) // the form is opened
	if err != nil || q.State != contact.Asked {
		t.Fatal(q, err)
	}
	at = time.UnixMilli(q.ExpiresAt).In(rules.Shanghai())
	late("a yes", cases.Answer(ctx, door, yes), q.ExpiresAt)
	late("a no", cases.Answer(ctx, door, contact.Reply{Reason: "p_busy"}), q.ExpiresAt)
	seen, err := cases.Case(ctx, officer, c.Code)
	if err != nil || seen.Version != 2 || seen.Professor.State != contact.Asked {
		t.Errorf("%+v, %v", seen.Professor, err)
	}
	// A question how it goes, likewise, in both ways to answer.
	at = at.AddDate(0, 3, 0)
	if _, err := cases.Fire(ctx); err != nil {
		t.Fatal(err)
	}
	g, err := cases.Going(ctx, page)
	if err != nil {
		t.Fatal(err)
	}
	at = time.UnixMilli(g.ExpiresAt).In(rules.Shanghai())
	late("it goes on", cases.Tell(ctx, page, contact.Fine, "", ""), g.ExpiresAt)
	late("it has ended", cases.Tell(ctx, page, contact.Over, "cost", ""), g.ExpiresAt)

	// In time, two at once: one yes or one no.
	door = invite(2)
	errs := together(writers, func(i int) error {
		if i%2 == 0 {
			return cases.Answer(ctx, door, yes)
		}
		return cases.Answer(ctx, door, contact.Reply{Reason: "p_busy"})
	})
	seen, err = cases.Case(ctx, officer, c.Code)
	if err != nil || seen.Version != 4 {
		t.Errorf("version %d, %v: not one answer counted", seen.Version, err)
	}
	for i, err := range errs {
		if err != nil && catalog.CodeOf(err) != catalog.Conflict { // the same answer again is none, another comes too late
			t.Errorf("answer %d: %v", i, err)
		}
	}
}

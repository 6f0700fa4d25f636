package store

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"datai/account"
	"datai/catalog"
	"datai/contact"
	"datai/inbox"
	"datai/intake"
	"datai/matchmaker"
	"datai/retention"
	"datai/rules"
	"datai/shelf"

	"github.com/google/uuid"
)

// TestWhatIsPastItsTermIsErased has two of everything that is kept for a while,
// one a moment past its term and one just not, and what the law has kept, and
// sweeps: the one goes and nothing else, and the journal verifies.
func TestWhatIsPastItsTermIsErased(t *testing.T) {
	openBoth(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		base, err := rules.Load()
		if err != nil {
			t.Fatal(err)
		}
		s := retention.NewService(For[retention.Tx](db), clock, rand.Reader, func(context.Context) (*rules.Book, error) { return base, nil },
			map[retention.Kind]retention.Forget{retention.Imports: intake.NewService(For[intake.Tx](db), clock, rand.Reader).Forget})
		terms := func(grace time.Duration) map[retention.Kind]retention.Term {
			t.Helper()
			list, err := s.Terms(ctx, grace)
			if err != nil || len(list) != len(retention.Kinds()) {
				t.Fatal(list, err)
			}
			out := map[retention.Kind]retention.Term{}
			for _, x := range list {
				out[x.Kind] = x
			}
			return out
		}
		edge := func(k retention.Kind) int64 { return terms(0)[k].Before }
		if want := now.AddDate(0, -6, 0).UnixMilli(); edge(retention.SignUps) != want {
			t.Errorf("six months ago was %d, want %d", edge(retention.SignUps), want)
		}
		newID := func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
		a := account.Account{ID: newID(), Name: "王老师", Version: 1}
		need := catalog.Need{ID: newID(), Version: 1, Title: "泵漏", State: catalog.NeedDraft}
		need.Code = catalog.ShortCode("N", need.ID)
		result := newID()
		agreed := func(thing uuid.UUID, p account.Purpose, ended int64) account.Consent {
			c, err := account.NewConsent(rand.Reader, time.UnixMilli(1), -1, account.Consent{AccountID: a.ID, Thing: thing, Purpose: p, Words: "同意", How: account.ConsentOnPage})
			if err != nil {
				t.Fatal(err)
			}
			c.EndedAt = ended
			return c
		}
		said := contact.Private{Contact: catalog.Contact{Name: "罗静姝", Phone: "13800000001"}, Purpose: "试用"}
		caseOf := func(n byte, state contact.State, at int64) contact.Case {
			return contact.Case{ID: newID(), Code: string('A' + rune(n)), Version: 1, State: state, Result: result, Link: [32]byte{n}, UpdatedAt: at, Private: said}
		}
		signUp := func(state shelf.SignUpState, at int64) shelf.SignUp {
			return shelf.SignUp{ID: newID(), Version: 1, Name: "示例泵业", CreditCode: "91999999MA0000002X", State: state, DecidedAt: at, Private: shelf.SignUpPrivate{Contact: "罗静姝", Phone: "13800000001"}}
		}
		var cases []contact.Case
		var signUps []shelf.SignUp
		ids := [2]map[retention.Kind]uuid.UUID{{}, {}}
		if err := db.Write(ctx, func(tx *Tx) error {
			if err := tx.AddAccount(ctx, a); err != nil {
				return err
			}
			if err := tx.AddNeed(ctx, need); err != nil {
				return err
			}
			f := &filler{t: t, tx: tx, set: map[string]any{"id": result, "version": int64(1), "body": `{"ID":"` + result.String() + `","Title":"密封"}`, "contact": nil}}
			f.row(f.table("result"), "", uuid.Nil)
			cases, signUps = nil, nil
			for i, off := range []int64{-1, 0} { // a moment past, and just not
				at := func(k retention.Kind) int64 { ids[i][k] = newID(); return edge(k) + off }
				cases = append(cases, caseOf(byte(i), contact.Dropped, at(retention.Cases)))
				signUps = append(signUps, signUp(shelf.SignUpRefused, at(retention.SignUps)))
				for _, do := range []error{
					tx.AddNotice(ctx, inbox.Notice{At: at(retention.Notices), ID: ids[i][retention.Notices], Account: a.ID, Template: "factor_set"}),
					tx.AddDelivery(ctx, inbox.Delivery{At: at(retention.Deliveries), ID: ids[i][retention.Deliveries], Lane: inbox.MailLane, Template: "factor_set"}),
					tx.AddCase(ctx, cases[i]), tx.AddConsent(ctx, agreed(cases[i].ID, account.ConsentAsk, 0)),
					tx.AddSignUp(ctx, signUps[i]), tx.AddConsent(ctx, agreed(signUps[i].ID, account.ConsentSignUp, 0)),
					tx.AddBatch(ctx, intake.Batch{UpdatedAt: at(retention.Imports), ID: ids[i][retention.Imports], Version: 1, State: intake.Applied, By: a.ID}),
					tx.AddDraft(ctx, shelf.Draft{UpdatedAt: at(retention.Drafts), ID: ids[i][retention.Drafts], Version: 1, Account: a.ID}),
					tx.SaveFeedback(ctx, matchmaker.Feedback{At: at(retention.Feedback), ID: ids[i][retention.Feedback], Need: need.ID, Result: result, Verdict: matchmaker.Task, By: newID()}),
				} {
					if do != nil {
						return do
					}
				}
				c := agreed(newID(), account.ConsentShare, at(retention.Consents))
				ids[i][retention.Consents] = c.ID
				if err := tx.AddConsent(ctx, c); err != nil {
					return err
				}
			}
			cases = append(cases, caseOf(2, contact.Signed, 1), caseOf(3, contact.Waiting, 1))
			signUps = append(signUps, signUp(shelf.SignUpAccepted, 1), signUp(shelf.SignUpWaiting, 0))
			for i := range cases[2:] {
				if err := tx.AddCase(ctx, cases[2+i]); err != nil {
					return err
				}
				if err := tx.AddSignUp(ctx, signUps[2+i]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for k, x := range terms(0) {
			if x.Overdue != 1 {
				t.Errorf("%s: %d past their term, want 1", k, x.Overdue)
			}
		}
		for k, x := range terms(time.Millisecond) {
			if x.Overdue != 0 {
				t.Errorf("%s: %d past their term and the grace", k, x.Overdue)
			}
		}
		erased, err := s.Daily(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range retention.Kinds() {
			if erased[k] != 1 {
				t.Errorf("%s: %d erased, want 1", k, erased[k])
			}
		}
		if again, err := s.Daily(ctx); err != nil || again != nil {
			t.Errorf("a second time today: %v, %v", again, err)
		}
		now = now.Add(24 * time.Hour)
		if again, err := s.Daily(ctx); err != nil || again[retention.Notices] != 1 || again[retention.Feedback] != 1 {
			t.Errorf("tomorrow: %v, %v", again, err)
		}
		now = now.Add(-24 * time.Hour)
		if err := db.Read(ctx, func(tx *Tx) error {
			for i, c := range cases {
				got, err := tx.CaseByCode(ctx, c.Code)
				if err != nil {
					return err
				}
				if erased := got.Private == (contact.Private{}); erased != (i < 2) || erased != (got.ErasedAt > 0) || got.State != c.State {
					t.Errorf("case %d: %+v", i, got)
				}
				given, err := tx.ConsentsOn(ctx, c.ID)
				if err != nil || len(given) > 0 && (given[0].EndedAt > 0) != (i < 2) {
					t.Errorf("case %d: %+v, %v", i, given, err)
				}
			}
			for i, u := range signUps {
				got, err := tx.SignUp(ctx, u.ID)
				if err != nil || (got.Private == shelf.SignUpPrivate{}) != (i < 2) {
					t.Errorf("sign-up %d: %+v, %v", i, got, err)
				}
			}
			for k, table := range map[retention.Kind]string{retention.Notices: "notice", retention.Deliveries: "delivery", retention.Drafts: "proxy_draft", retention.Feedback: "feedback", retention.Consents: "consent"} {
				for i := range ids {
					var n int
					if _, err := tx.one(ctx, []any{&n}, "SELECT count(*) FROM "+table+" WHERE id = ?", ids[i][k]); err != nil || n != 0 {
						t.Errorf("%s %d is still there: %d, %v", k, i, n, err)
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if tally, err := db.Verify(ctx); err != nil || len(tally.Faults) > 0 || tally.Entries == 0 {
			t.Errorf("afterwards: %+v, %v", tally, err)
		}
	})
}

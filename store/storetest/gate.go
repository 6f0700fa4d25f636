package storetest

import (
	"testing"

	"datai/catalog"
	"datai/gate"
	"datai/process"
	"datai/store"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func gateCases(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r, other, gone := newResult(t, "轴承故障的在线监测"), newResult(t, "隧道渗水定位"), newResult(t, "轴承故障的在线监测研究")
	r.State, other.State, gone.State = catalog.ResultReview, catalog.ResultListed, catalog.ResultReview
	other.PublicConfirmed = true
	put(ctx, t, db, r, other, gone)
	c := gate.Case{ID: newID(t), Result: r.ID, State: gate.Waiting, Definition: 1, IdleAt: process.NeverDue, UpdatedAt: 5,
		Cleared: []gate.Clearance{{Code: gate.AskOwners, By: newID(t), At: 3, Of: "x"}}, Said: gate.Yes{At: 1, Of: "y", Says: "可以公开"}}
	save := func(c gate.Case) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveGateCase(ctx, c) })
	}
	if err := save(c); err != nil {
		t.Fatal(err)
	}
	twice := c
	twice.ID = newID(t)
	mustBe(t, save(twice), catalog.Conflict, "")
	c.Version = 1
	c.Registered, c.IdleAt = catalog.Date{Year: 2026, Month: 4, Day: 1}, 700
	if err := save(c); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(c), catalog.Conflict, "error.conflict")
	c.Version = 2
	strange := gate.Case{ID: newID(t), Result: newID(t), IdleAt: process.NeverDue}
	mustBe(t, save(strange), catalog.NotFound, "")
	read(ctx, t, db, func(tx *store.Tx) error {
		byResult, err := tx.GateCases(ctx, []uuid.UUID{r.ID, other.ID})
		if err != nil {
			return err
		}
		if diff := cmp.Diff(map[uuid.UUID]gate.Case{r.ID: c}, byResult); diff != "" {
			t.Errorf("cases (-want +got):\n%s", diff)
		}
		rows, err := tx.BeforeShelf(ctx)
		if err != nil {
			return err
		}
		if len(rows) != 2 || rows[0].ID != r.ID || rows[0].Case.Version != 2 || rows[1].ID != gone.ID || rows[1].Case.Version != 0 {
			t.Errorf("before the shelf: %+v", rows)
		}
		for at, want := range map[int64]int{699: 0, 700: 1} {
			if cs, err := tx.IdleCases(ctx, at, 10); err != nil || len(cs) != want {
				t.Errorf("at %d: %+v, %v", at, cs, err)
			}
		}
		if cs, err := tx.Unwound(ctx, 10); err != nil || len(cs) != 0 {
			t.Errorf("unwound: %+v, %v", cs, err)
		}
		twins, err := tx.ResultTwins(ctx, []uuid.UUID{r.ID, other.ID})
		if err != nil {
			return err
		}
		if diff := cmp.Diff(map[uuid.UUID][]gate.Twin{r.ID: {{Code: gone.Code, Title: gone.Title}}}, twins); diff != "" {
			t.Errorf("twins (-want +got):\n%s", diff)
		}
		return nil
	})
	write(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.LockGateCase(ctx, c.ID)
		if diff := cmp.Diff(c, got); diff != "" {
			t.Errorf("locked (-want +got):\n%s", diff)
		}
		return err
	})
	mustBe(t, db.Write(ctx, func(tx *store.Tx) error { _, err := tx.LockGateCase(ctx, newID(t)); return err }), catalog.NotFound, "")
	c.IdleAt = process.NeverDue
	if err := save(c); err != nil {
		t.Fatal(err)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		cs, err := tx.Unwound(ctx, 10)
		if len(cs) != 1 {
			t.Errorf("unwound: %+v", cs)
		}
		return err
	})
}

func gateLinks(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r, other := newResult(t, "轴承"), newResult(t, "隧道")
	put(ctx, t, db, r, other)
	l := gate.Link{ID: newID(t), Hash: [32]byte{7}, Results: []uuid.UUID{r.ID, other.ID}, MadeBy: newID(t), MadeAt: 1, ExpiresAt: 100, Sent: "sms",
		Who: gate.Asked{Name: "沈若川", Unit: "机械学院", Key: "k"}}
	a := gate.Answer{ID: newID(t), Link: l.ID, Result: r.ID, Code: gate.AskOwners, State: gate.Proposed, At: 4, Value: gate.Said{Text: "某公司已同意", Name: "沈若川"}}
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.AddGateLink(ctx, l); err != nil {
			return err
		}
		return tx.AddGateAnswer(ctx, a)
	})
	l.OpenedAt = 5
	write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveGateLink(ctx, l) })
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.GateLinkByHash(ctx, l.Hash)
		if diff := cmp.Diff(l, got); diff != "" {
			t.Errorf("link (-want +got):\n%s", diff)
		}
		if err != nil {
			return err
		}
		for at, want := range map[int64]int{99: 1, 100: 0} {
			if live, err := tx.LiveGateLinks(ctx, at); err != nil || len(live) != want {
				t.Errorf("at %d: %+v, %v", at, live, err)
			}
		}
		of, err := tx.GateAnswers(ctx, []uuid.UUID{r.ID, other.ID})
		if diff := cmp.Diff([]gate.Answer{a}, of); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		return err
	})
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.GateLinkByHash(ctx, [32]byte{8}); return err }), catalog.NotFound, "")
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.GateAnswer(ctx, newID(t)); return err }), catalog.NotFound, "")
	a.State, a.By, a.ByAt = gate.Accepted, newID(t), 9
	decide := func() error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.DecideGateAnswer(ctx, a) })
	}
	if err := decide(); err != nil {
		t.Fatal(err)
	}
	mustBe(t, decide(), catalog.Conflict, "error.conflict")
	write(ctx, t, db, func(tx *store.Tx) error { return tx.EndGateLinks(ctx, []uuid.UUID{other.ID}, 50) })
	read(ctx, t, db, func(tx *store.Tx) error {
		got, err := tx.GateAnswer(ctx, a.ID)
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("decided (-want +got):\n%s", diff)
		}
		if err != nil {
			return err
		}
		if open, err := tx.OpenGateAnswers(ctx, 10); err != nil || len(open) != 0 {
			t.Errorf("%+v, %v", open, err)
		}
		ended, err := tx.GateLinkByHash(ctx, l.Hash)
		if ended.EndedAt != 50 {
			t.Errorf("%+v", ended)
		}
		return err
	})
}

func gateRounds(t *testing.T, db *store.DB) {
	ctx := t.Context()
	r := newResult(t, "轴承")
	put(ctx, t, db, r)
	who, excluded := newID(t), newID(t)
	round := gate.Round{ID: newID(t), Result: r.ID, State: gate.RoundOpen, Purpose: "roadshow", MadeBy: newID(t), MadeAt: 1, DueAt: 100,
		Limits: gate.Limits{Least: 3, Most: 5, Pass: 10, Hold: 5, Rules: "x"},
		Seats: []gate.Seat{{ID: newID(t), Account: who, State: gate.SeatAsked, At: 1},
			{ID: newID(t), Account: excluded, State: gate.SeatExcluded, At: 1, Tie: gate.Tie{Code: gate.TieResult, With: "R-1"}}}}
	write(ctx, t, db, func(tx *store.Tx) error { return tx.AddGateRound(ctx, round) })
	round.Version = 1
	load := func() (got gate.Round) {
		t.Helper()
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			got, err = tx.GateRound(ctx, round.ID)
			return err
		})
		return got
	}
	if diff := cmp.Diff(round, load()); diff != "" {
		t.Errorf("round (-want +got):\n%s", diff)
	}
	round.Seats[0].State, round.Seats[0].Sheet = gate.SeatScored, gate.Sheet{Scores: []int{1, 2, 3, 4}, Comment: "说明"}
	save := func() error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveGateRound(ctx, round) })
	}
	if err := save(); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(), catalog.Conflict, "error.conflict")
	round.Version = 2
	if diff := cmp.Diff(round, load()); diff != "" {
		t.Errorf("scored (-want +got):\n%s", diff)
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		for id, want := range map[uuid.UUID]int{who: 1, excluded: 0, newID(t): 0} {
			if rs, err := tx.GateRoundsOf(ctx, id, 10); err != nil || len(rs) != want {
				t.Errorf("%d rounds, %v, want %d", len(rs), err, want)
			}
		}
		return nil
	})
	mustBe(t, db.Read(ctx, func(tx *store.Tx) error { _, err := tx.GateRound(ctx, newID(t)); return err }), catalog.NotFound, "")
}

package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/journal"
	"datai/store"

	"github.com/google/uuid"
)

const writers = 8

func oneWinner(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "标题")}
	put(ctx, t, db, things...)
	for round := range 10 {
		seen := result(ctx, t, db, things[0].ID)
		errs := together(writers, func(i int) error {
			mine := seen
			mine.Remarks = strconv.Itoa(i)
			return db.Write(ctx, func(tx *store.Tx) error { return tx.SaveResult(ctx, mine) })
		})
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
				if got := result(ctx, t, db, seen.ID); got.Remarks != strconv.Itoa(i) || got.Version != seen.Version+1 {
					t.Errorf("round %d: stored %q version %d, but writer %d won over version %d", round, got.Remarks, got.Version, i, seen.Version)
				}
				continue
			}
			mustBe(t, err, catalog.Conflict, "error.conflict")
		}
		if won != 1 {
			t.Fatalf("round %d: %d of %d writers won, want 1", round, won, writers)
		}
	}
	err := db.Write(ctx, func(tx *store.Tx) error { return tx.SaveNeed(ctx, newNeed(t, "不存在")) })
	mustBe(t, err, catalog.Conflict, "error.conflict")
}

// noLostUpdate lets writers read and save within one unit of work; who comes
// late tries again. At the end every one of them counted.
func noLostUpdate(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Need{newNeed(t, "标题")}
	put(ctx, t, db, things...)
	id, rounds := []uuid.UUID{things[0].ID}, 5
	for _, err := range together(writers, func(int) error {
		for done := 0; done < rounds; {
			err := db.Write(ctx, func(tx *store.Tx) error {
				n, err := tx.Needs(ctx, id)
				if err != nil {
					return err
				}
				n[0].CreatedAt++
				return tx.SaveNeed(ctx, n[0])
			})
			if err == nil {
				done++
			} else if catalog.CodeOf(err) != catalog.Conflict {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	read(ctx, t, db, func(tx *store.Tx) error {
		n, err := tx.Needs(ctx, id)
		if err != nil {
			return err
		}
		if want := int64(1000 + writers*rounds); n[0].CreatedAt != want {
			t.Errorf("counted to %d, want %d", n[0].CreatedAt, want)
		}
		return nil
	})
}

func addAccount(t *testing.T, db *store.DB, name string) account.Account {
	t.Helper()
	a := account.Account{ID: newID(t), Name: name, Roles: []account.Role{account.Officer, account.System}, CreatedAt: 5, Version: 1}
	write(t.Context(), t, db, func(tx *store.Tx) error { return tx.AddAccount(t.Context(), a) })
	return a
}

func oneLink(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a := addAccount(t, db, "王老师")
	use := func(l account.Link, now int64) (got bool, err error) {
		err = db.Write(ctx, func(tx *store.Tx) error {
			used, ok, err := tx.UseLink(ctx, l.Hash, now)
			if err == nil && ok && (used.AccountID != a.ID || used.Strong != l.Strong) {
				return errors.New("the link is another one")
			}
			got = ok
			return err
		})
		return got, err
	}
	for round := range 10 {
		l := account.Link{Hash: [32]byte{byte(round + 1)}, AccountID: a.ID, ExpiresAt: 2000, Strong: round%2 == 1}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddLink(ctx, l) })
		if got, err := use(l, 2000); got || err != nil {
			t.Fatalf("an expired link: %v, %v; want false", got, err)
		}
		var in atomic.Int32
		for _, err := range together(writers, func(int) error {
			got, err := use(l, 1999)
			if got {
				in.Add(1)
			}
			return err
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		if in.Load() != 1 {
			t.Fatalf("round %d: a link let %d in, want 1", round, in.Load())
		}
	}
	if got, err := use(account.Link{Hash: [32]byte{99}}, 1); got || err != nil {
		t.Errorf("an unknown link: %v, %v; want false", got, err)
	}
	err := db.Write(ctx, func(tx *store.Tx) error {
		return tx.AddLink(ctx, account.Link{Hash: [32]byte{100}, AccountID: newID(t), ExpiresAt: 1})
	})
	mustBe(t, err, catalog.NotFound, "error.not_found")
}

func accountNames(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a := addAccount(t, db, "lily")
	err := db.Write(ctx, func(tx *store.Tx) error {
		return tx.AddAccount(ctx, account.Account{ID: newID(t), Name: "lily", Version: 1})
	})
	mustBe(t, err, catalog.Conflict, "error.conflict")
	addAccount(t, db, "Lily") // a name is compared as written
	read(ctx, t, db, func(tx *store.Tx) error {
		got, ok, err := tx.AccountNamed(ctx, "lily")
		if err != nil || !ok || got.ID != a.ID || len(got.Roles) != 2 || got.Roles[1] != account.System || got.CreatedAt != 5 || got.Disabled {
			t.Errorf("by name: %+v, %v, %v; want %+v", got, ok, err, a)
		}
		if _, ok, err = tx.AccountNamed(ctx, "nobody"); ok || err != nil {
			t.Errorf("an unknown name: %v, %v; want false", ok, err)
		}
		if got, ok, err = tx.Account(ctx, a.ID); err != nil || !ok || got.Name != "lily" {
			t.Errorf("by id: %+v, %v, %v; want %+v", got, ok, err, a)
		}
		return nil
	})
}

func snapshot(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "旧")}
	put(ctx, t, db, things...)
	read(ctx, t, db, func(tx *store.Tx) error {
		before, err := tx.Results(ctx, []uuid.UUID{things[0].ID})
		if err != nil {
			return err
		}
		things[0].Title = "新"
		write(ctx, t, db, func(tx *store.Tx) error { return tx.SaveResult(ctx, things[0]) })
		after, err := tx.Results(ctx, []uuid.UUID{things[0].ID})
		if err != nil {
			return err
		}
		if after[0].Title != before[0].Title {
			t.Errorf("title became %q while it was read, want %q", after[0].Title, before[0].Title)
		}
		return nil
	})
	if got := result(ctx, t, db, things[0].ID); got.Title != "新" {
		t.Errorf("a later reader sees %q, want 新", got.Title)
	}
	before := state(ctx, t, db)
	things[0].Version++
	if err := db.Read(ctx, func(tx *store.Tx) error { return tx.SaveResult(ctx, things[0]) }); err == nil {
		t.Error("a reader wrote")
	}
	if after := state(ctx, t, db); after != before {
		t.Errorf("a reader changed something:\n%s", after)
	}
}

func hooks(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "旧")}
	put(ctx, t, db, things...)
	var heard []journal.Change
	seen := ""
	var fromHook error
	for range 2 {
		db.OnCommit(func(ctx context.Context, changes []journal.Change) {
			heard = append(heard, changes...)
			fromHook = db.Read(ctx, func(tx *store.Tx) error {
				r, err := tx.Results(ctx, []uuid.UUID{things[0].ID})
				if err == nil {
					seen += r[0].Title
				}
				return err
			})
		})
	}
	things[0].Title = "新"
	write(ctx, t, db, func(tx *store.Tx) error {
		if err := tx.SaveResult(ctx, things[0]); err != nil {
			return err
		}
		if len(heard) != 0 {
			t.Error("a hook ran before the commit")
		}
		return nil
	})
	if fromHook != nil || seen != "新新" {
		t.Errorf("two hooks saw %q, %v; want what was committed", seen, fromHook)
	}
	if len(heard) != 2 || heard[0].Kind != "result" || heard[0].Of != things[0].ID {
		t.Errorf("hooks heard %v, want the result twice", heard)
	}
	write(ctx, t, db, func(tx *store.Tx) error { return nil })
	if len(heard) != 2 {
		t.Error("a hook was called without a change")
	}
	n := newNeed(t, "需求")
	b := stage(ctx, t, db, rowsOf(n, newNeed(t, "另一个")))
	heard = nil
	if err := apply(ctx, db, b, 7); err != nil {
		t.Fatal(err)
	}
	if len(heard) != 4 || heard[0].Kind != "need" || heard[0].Of != n.ID || heard[0].At != 7 {
		t.Errorf("after an import hooks heard %v, want each of two needs twice", heard)
	}
}

var errRefused = errors.New("refused")

func noHookAfterRollback(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "旧")}
	put(ctx, t, db, things...)
	calls := 0
	db.OnCommit(func(context.Context, []journal.Change) { calls++ })
	before := state(ctx, t, db)
	things[0].Title = "新"
	err := db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SaveResult(ctx, things[0]); err != nil {
			return err
		}
		return errRefused
	})
	if !errors.Is(err, errRefused) {
		t.Errorf("error %v, want the function's own", err)
	}
	if calls != 0 {
		t.Error("a hook was called for what was rolled back")
	}
	if after := state(ctx, t, db); after != before {
		t.Errorf("something stands after a rollback:\n%s", after)
	}
}

func swallowedError(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "旧")}
	put(ctx, t, db, things...)
	a := addAccount(t, db, "陈老师")
	before := state(ctx, t, db)
	err := db.Write(ctx, func(tx *store.Tx) error {
		_ = tx.AddAccount(ctx, a) // taken
		_ = tx.SaveResult(ctx, things[0])
		return nil
	})
	mustBe(t, err, catalog.Conflict, "error.conflict")
	if after := state(ctx, t, db); after != before {
		t.Errorf("something stands after a failed statement:\n%s", after)
	}
}

func panicking(t *testing.T, db *store.DB) {
	ctx := t.Context()
	things := []catalog.Result{newResult(t, "旧")}
	put(ctx, t, db, things...)
	before := state(ctx, t, db)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = db.Write(ctx, func(tx *store.Tx) error {
			if err := tx.SaveResult(ctx, things[0]); err != nil {
				return err
			}
			panic("broken")
		})
	}()
	if after := state(ctx, t, db); after != before {
		t.Errorf("something stands after a panic:\n%s", after)
	}
}

func cancelled(t *testing.T, db *store.DB) {
	things := []catalog.Result{newResult(t, "甲"), newResult(t, "乙")}
	put(t.Context(), t, db, things...)
	versions := func() [2]int64 {
		return [2]int64{result(t.Context(), t, db, things[0].ID).Version, result(t.Context(), t, db, things[1].ID).Version}
	}
	called := false
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Write(gone, func(*store.Tx) error { called = true; return nil }); !errors.Is(err, context.Canceled) || called {
		t.Errorf("a caller that had gone: error %v, called %v; want neither a begin nor nil", err, called)
	}

	// The phone goes off between two statements: both stand.
	ctx, cancel := context.WithCancel(t.Context())
	var hooked atomic.Bool
	db.OnCommit(func(ctx context.Context, _ []journal.Change) { hooked.Store(ctx.Err() == nil) })
	err := db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SaveResult(ctx, things[0]); err != nil {
			return err
		}
		cancel()
		return tx.SaveResult(ctx, things[1])
	})
	if err != nil || versions() != [2]int64{2, 2} || !hooked.Load() {
		t.Errorf("error %v, versions %v, hook with a live context %v; want both saved", err, versions(), hooked.Load())
	}

	// The function itself gives up: neither stands.
	ctx, cancel = context.WithCancel(t.Context())
	things[0].Version++
	err = db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.SaveResult(ctx, things[0]); err != nil {
			return err
		}
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || versions() != [2]int64{2, 2} {
		t.Errorf("error %v, versions %v; want nothing saved", err, versions())
	}

	// Many callers go at any moment: each pair of things changes together.
	for _, err := range together(writers, func(int) error {
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			begun := make(chan struct{}, 1)
			go func() { <-begun; cancel() }()
			_ = db.Write(ctx, func(tx *store.Tx) error { // may be refused, which is not the point
				both, err := tx.Results(ctx, []uuid.UUID{things[0].ID, things[1].ID})
				if err != nil {
					return err
				}
				if both[0].Version != both[1].Version {
					return errors.New("half of a unit of work stands")
				}
				select {
				case begun <- struct{}{}:
				default:
				}
				if err := tx.SaveResult(ctx, both[0]); err != nil {
					return err
				}
				return tx.SaveResult(ctx, both[1])
			})
			select {
			case begun <- struct{}{}:
			default:
			}
			cancel()
		}
		return nil
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if v := versions(); v[0] != v[1] || v[0] == 2 {
		t.Errorf("versions %v, want both raised alike", v)
	}
}

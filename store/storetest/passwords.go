package storetest

import (
	"sync"
	"sync/atomic"
	"testing"

	"datai/account"
	"datai/catalog"
	"datai/store"

	"github.com/google/uuid"
)

func passwords(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	kept := func(of account.Account) (p account.Password, ok bool) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			p, ok, err = tx.Password(ctx, of.ID)
			return err
		})
		return p, ok
	}
	save := func(p account.Password) error {
		return db.Write(ctx, func(tx *store.Tx) error { return tx.SavePassword(ctx, p) })
	}
	if p, ok := kept(a); ok || p != (account.Password{}) {
		t.Errorf("before one was set: %+v", p)
	}
	first := account.Password{AccountID: a.ID, Kept: "$argon2id$一", SetAt: 10}
	if err := save(first); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(first), catalog.Conflict, "") // two who set the first one
	first.Version = 1
	if p, ok := kept(a); !ok || p != first {
		t.Errorf("kept %+v", p)
	}
	second := account.Password{AccountID: a.ID, Kept: "$argon2id$二", Version: 1, SetAt: 20}
	if err := save(second); err != nil {
		t.Fatal(err)
	}
	mustBe(t, save(second), catalog.Conflict, "")
	mustBe(t, save(account.Password{AccountID: b.ID, Kept: "x", Version: 1}), catalog.Conflict, "")
	mustBe(t, save(account.Password{AccountID: newID(t), Kept: "x"}), catalog.NotFound, "")
	second.Version = 2
	if p, ok := kept(a); !ok || p != second {
		t.Errorf("kept %+v", p)
	}
	if _, ok := kept(b); ok {
		t.Error("somebody else has a password")
	}
}

func codes(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a := addAccount(t, db, "王老师")
	code := func(of uuid.UUID, phone string, at int64) account.Code {
		c := account.Code{ID: uuid.New(), AccountID: of, Phone: phone, Device: "手机", Digits: "042042", CreatedAt: at, ExpiresAt: at + 1000}
		write(ctx, t, db, func(tx *store.Tx) error { return tx.AddCode(ctx, c) })
		return c
	}
	use := func(id uuid.UUID, device, digits string, now int64) (right bool) {
		write(ctx, t, db, func(tx *store.Tx) error {
			who, ok, err := tx.UseCode(ctx, id, device, digits, now)
			if right = ok; ok != (who == a.ID) {
				t.Errorf("right %v, but of %s", ok, who)
			}
			return err
		})
		return right
	}
	last := func(phone string) (at int64) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			at, err = tx.LastCode(ctx, phone)
			return err
		})
		return at
	}
	now := int64(1_000_000)
	c := code(a.ID, "13800138000", now)
	if got := last("13800138000"); got != now {
		t.Errorf("last at %d", got)
	}
	if got := last("13800138001"); got != 0 {
		t.Errorf("of nobody at %d", got)
	}
	for name, wrong := range map[string]bool{"digits": use(c.ID, "手机", "042043", now), "device": use(c.ID, "别的", "042042", now),
		"late": use(c.ID, "手机", "042042", now+1000), "id": use(uuid.New(), "手机", "042042", now)} {
		if wrong {
			t.Errorf("wrong %s is right", name)
		}
	}
	if !use(c.ID, "手机", "042042", now+999) || use(c.ID, "手机", "042042", now+999) {
		t.Error("it is not right once")
	}
	guessed := code(a.ID, "13800138000", now)
	for range account.CodeTries {
		use(guessed.ID, "手机", "000000", now)
	}
	if use(guessed.ID, "手机", "042042", now) {
		t.Error("right after five wrong ones")
	}
	if c := code(uuid.Nil, "13900139000", now); use(c.ID, "手机", "042042", now) {
		t.Error("nobody's code is right")
	}
	// Of many at once one gets it.
	raced := code(a.ID, "13800138000", now)
	var wg sync.WaitGroup
	var got atomic.Int32
	for range account.CodeTries - 1 {
		wg.Go(func() {
			if err := db.Write(ctx, func(tx *store.Tx) error {
				_, ok, err := tx.UseCode(ctx, raced.ID, "手机", "042042", now)
				if err == nil && ok {
					got.Add(1)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := got.Load(); n != 1 {
		t.Errorf("%d of those at once got it", n)
	}
	code(a.ID, "13800138009", now+10*60_000)
	if got := last("13900139000"); got != 0 {
		t.Error("an expired code stays")
	}
}

func devices(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a, b := addAccount(t, db, "王老师"), addAccount(t, db, "李老师")
	knows := func(of account.Account, device string) (ok bool) {
		read(ctx, t, db, func(tx *store.Tx) (err error) {
			ok, err = tx.KnowsDevice(ctx, of.ID, device)
			return err
		})
		return ok
	}
	know := func(device string, at int64) {
		write(ctx, t, db, func(tx *store.Tx) error { return tx.KnowDevice(ctx, a.ID, device, at) })
	}
	if knows(a, "手机") {
		t.Error("a device is known before it was seen")
	}
	know("手机", 10)
	know("手机", 20)
	if !knows(a, "手机") || knows(a, "电脑") || knows(b, "手机") {
		t.Error("not the device of the account alone is known")
	}
	know("电脑", 500*24*3600*1000)
	if knows(a, "手机") || !knows(a, "电脑") {
		t.Error("a device that was not seen for long is known")
	}
}

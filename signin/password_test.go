package signin_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"datai/signin"
)

func TestPasswordsAreHashedAndChecked(t *testing.T) {
	ctx := t.Context()
	h := signin.NewHasher(signin.Cost{Memory: 64, Time: 1, Lanes: 1})
	kept, err := h.Hash(ctx, "轴承 café 早上好")
	if err != nil || !strings.HasPrefix(kept, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatal(kept, err)
	}
	if again, _ := h.Hash(ctx, "轴承 café 早上好"); again == kept {
		t.Error("two hashes of one password are the same: no salt")
	}
	dearer := signin.NewHasher(signin.Cost{Memory: 128, Time: 1, Lanes: 1})
	for _, c := range []struct {
		h           *signin.Hasher
		kept, typed string
		same, stale bool
	}{
		{h, kept, "轴承 café 早上好", true, false},
		{h, kept, "轴承 cafe\u0301 早上好", true, false}, // another keyboard
		{h, kept, "轴承 café 早上好 ", false, false},
		{h, kept, "", false, false},
		{h, "", "轴承 café 早上好", false, false},
		{dearer, kept, "轴承 café 早上好", true, true},
		{dearer, kept, "别的", false, true},
	} {
		same, stale, err := c.h.Check(ctx, c.kept, c.typed)
		if err != nil || same != c.same || stale != c.stale {
			t.Errorf("%q: same %v, stale %v, %v", c.typed, same, stale, err)
		}
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		strings.Replace(kept, "m=64", "m=4294967295", 1), strings.Replace(kept, "t=1", "t=0", 1), strings.Replace(kept, "t=1", "t=99", 1),
		strings.Replace(kept, "p=1", "p=0", 1), strings.Replace(kept, "v=19", "v=16", 1), kept[:len(kept)-40], kept + "$"} {
		if same, _, err := h.Check(ctx, bad, "轴承 café 早上好"); err == nil || same {
			t.Errorf("%q is taken", bad)
		}
	}
}

// The published example of Argon2id: RFC 9106 gives vectors with secret and
// associated data only, so this one is of the reference implementation
// (P-H-C/phc-winner-argon2, src/test.c, "password", "somesalt", t=2, m=2^16, p=1).
func TestAHashOfTheReferenceImplementationIsUnderstood(t *testing.T) {
	const kept = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h := signin.NewHasher(signin.DefaultCost)
	if same, stale, err := h.Check(t.Context(), kept, "password"); !same || !stale || err != nil {
		t.Errorf("same %v, stale %v, %v", same, stale, err)
	}
}

func TestWhoWaitsForATurnMayLeave(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	leave()
	h := signin.NewHasher(signin.Cost{Memory: 64, Time: 1, Lanes: 1})
	release := h.Occupy()
	defer release()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := h.Check(ctx, "", "x"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCommonPasswords(t *testing.T) {
	for p, want := range map[string]bool{"password": true, "PassWord": true, "12345678": true, "qwertyuiop": true, "88888888": true, "啊啊啊啊啊啊啊啊": true,
		"轴承早上好天气真好": false, "correct horse battery": false, "": true} {
		if got := signin.Common(p); got != want {
			t.Errorf("%q: %v", p, got)
		}
	}
}

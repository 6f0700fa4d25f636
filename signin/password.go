package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn/frequency"
	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost is what one hash of a password costs: Argon2id of RFC 9106.
type Cost struct {
	Memory uint32 // KiB
	Time   uint32 // passes
	Lanes  uint8
}

// DefaultCost is the minimum that the OWASP Password Storage Cheat Sheet names:
// 19 MiB, 2 passes, 1 lane.
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
var DefaultCost = Cost{Memory: 19 << 10, Time: 2, Lanes: 1}

// Lengths in bytes that section 3.1 of RFC 9106 recommends.
const (
	saltLength = 16
	hashLength = 32
)

// Hasher hashes passwords, only a few at once: however many come, they take no
// more memory than that and wait for one another.
type Hasher struct {
	cost  Cost
	turns chan struct{}
	fake  string // what is checked where there is nothing to check
}

// NewHasher makes a hasher that hashes as many at once as there are processors.
func NewHasher(cost Cost) *Hasher {
	h := &Hasher{cost: cost, turns: make(chan struct{}, runtime.GOMAXPROCS(0))}
	h.fake = h.format(make([]byte, saltLength), make([]byte, hashLength))
	return h
}

// derive waits for its turn and computes; the error is that of ctx.
func (h *Hasher) derive(ctx context.Context, password string, salt []byte, cost Cost, length int) ([]byte, error) {
	select {
	case h.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turns }()
	// The same password must be the same bytes, whichever keyboard wrote it.
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, cost.Time, cost.Memory, cost.Lanes, uint32(length)), nil
}

// Hash makes what is kept of a password, in the form of the PHC: algorithm,
// cost, salt and hash.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails, says crypto/rand
	sum, err := h.derive(ctx, password, salt, h.cost, hashLength)
	if err != nil {
		return "", err
	}
	return h.format(salt, sum), nil
}

func (h *Hasher) format(salt, sum []byte) string {
	e := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.Memory, h.cost.Time, h.cost.Lanes, e(salt), e(sum))
}

// Check reports whether kept came of the password, and whether Hash would now
// make it at another cost. Where kept is "" it is never the same and takes as
// long to find out.
func (h *Hasher) Check(ctx context.Context, kept, password string) (same, stale bool, err error) {
	nothing := kept == ""
	if nothing {
		kept = h.fake
	}
	cost, salt, sum, err := parse(kept)
	if err != nil {
		return false, false, err
	}
	got, err := h.derive(ctx, password, salt, cost, len(sum))
	if err != nil {
		return false, false, err
	}
	same = subtle.ConstantTimeCompare(got, sum) == 1 && !nothing
	return same, cost != h.cost || len(sum) != hashLength, nil
}

// Most that a kept hash may ask for: what the database says must not take the
// machine.
const (
	mostMemory = 256 << 10
	mostTime   = 16
)

func parse(kept string) (c Cost, salt, sum []byte, err error) {
	bad := fmt.Errorf("signin: a kept password has an unknown form")
	part := strings.Split(kept, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, bad
	}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Lanes); n != 3 || err != nil || c.Memory > mostMemory || c.Time == 0 || c.Time > mostTime || c.Lanes == 0 {
		return c, nil, nil, bad
	}
	var err1, err2 error
	salt, err1 = base64.RawStdEncoding.DecodeString(part[4])
	sum, err2 = base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(sum) < 16 || len(sum) > 64 {
		return c, nil, nil, bad
	}
	return c, salt, sum, nil
}

// leastCommon is the length in characters below which no password is taken, so
// that shorter ones need not be known.
const leastCommon = 8

// common are passwords that are tried first: the list "passwords" of
// github.com/trustelem/zxcvbn, which is that of zxcvbn by Dropbox.
var common = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, p := range frequency.FrequencyLists["passwords"] {
		if utf8.RuneCountInString(p) >= leastCommon {
			out[p] = true
		}
	}
	return out
})

// Common reports whether a password is one of those that are tried first, or
// one character again and again.
func Common(password string) bool {
	p := strings.ToLower(password)
	first, _ := utf8.DecodeRuneInString(p)
	return common()[p] || strings.Trim(p, string(first)) == ""
}

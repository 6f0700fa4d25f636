package account

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"datai/catalog"

	"github.com/google/uuid"
)

// Provider says what an identity is a name in. Those of identity providers are
// ProviderOIDC or ProviderCAS, a colon and the name of the source.
type Provider string

// The providers.
const (
	ByEmail  Provider = "email"
	ByPhone  Provider = "phone"
	ByNumber Provider = "number" // of staff or students: one person may have both
	ByCAS    Provider = "cas"    // 统一身份认证
	ByOIDC   Provider = "oidc"
)

// Named is the provider for one of several sources of a kind.
func (p Provider) Named(source string) Provider { return p + ":" + Provider(source) }

// Identity is a name under which an account is known somewhere: each belongs to
// one account, and an account may have several of a kind. Only what was proven
// or imported becomes one. Value is encrypted at rest and found by a keyed hash.
type Identity struct {
	ID        uuid.UUID
	AccountID uuid.UUID
	Provider  Provider
	Value     string // as Canonical returns it
	AddedAt   int64  // unix ms
	Trust     Trust
}

// Trust is how well it is known that an identity is that of the account's owner.
type Trust string

// Trusts. A list of people says whose an address is, and whoever brings a list
// could write an own one beside somebody else's number.
const (
	Proven   Trust = ""        // by a code that came there, by an identity provider, or on the security administrator's word
	Brought  Trust = "listed"  // a list brought it to an account that nobody had used yet
	Doubtful Trust = "waiting" // a list brought it to an account in use
)

// Counts reports whether the identity lets its owner in and is where they are
// told: one that a list brought does not for an account that sees the office's
// data or administers, and not where the account was in use by then.
func (i Identity) Counts(a Account) bool {
	return i.Trust == Proven || i.Trust == Brought && !a.Privileged() && len(a.Asked) == 0
}

// inUse reports whether somebody would lose something if another came in by the
// account: what a list brings to it waits.
func (a Account) inUse() bool { return a.EnteredAt > 0 || a.Privileged() || len(a.Asked) > 0 }

// lets finds the account that an identity lets in, its value canonical; ok is
// false if nobody has it or it does not count.
func lets(ctx context.Context, tx Tx, p Provider, value string) (a Account, ok bool, err error) {
	i, ok, err := tx.Identity(ctx, p, value)
	if err != nil || !ok {
		return Account{}, false, err
	}
	if a, ok, err = tx.Account(ctx, i.AccountID); err != nil || !ok || !i.Counts(a) {
		return Account{}, false, err
	}
	return a, true, nil
}

// counting are the identities of an account that count.
func counting(a Account, known []Identity) []Identity {
	return slices.DeleteFunc(known, func(i Identity) bool { return !i.Counts(a) })
}

// identityMost is the longest value in bytes; the subject of OpenID Connect
// Core 1.0, section 2, has at most 255.
const identityMost = 255

// Canonical is the one spelling of a value under which it is kept and looked
// for, or an error that says what is wrong: e-mail addresses in lower case
// without a display name, telephone numbers of the mainland as 11 digits and
// others as + and 7 to 15 digits (ITU-T E.164), all else without what surrounds it.
func Canonical(p Provider, value string) (string, error) {
	value = strings.TrimSpace(catalog.Clean(value))
	if value == "" || len(value) > identityMost || strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value) {
		return "", catalog.Refuse(catalog.Invalid, "identities.value")
	}
	switch p {
	case ByEmail:
		a, err := mail.ParseAddress(value)
		if err != nil || a.Name != "" || a.Address != value || strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }) {
			return "", catalog.Refuse(catalog.Invalid, "identities.email")
		}
		return strings.ToLower(value), nil
	case ByPhone:
		return canonicalPhone(value)
	}
	return value, nil
}

func canonicalPhone(value string) (string, error) {
	wrong := catalog.Refuse(catalog.Invalid, "identities.phone")
	plus := strings.HasPrefix(value, "+") || strings.HasPrefix(value, "00")
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -()+", r) {
			return -1
		}
		return r
	}, value)
	if strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return "", wrong
	}
	digits = strings.TrimPrefix(digits, "00")
	if plus || len(digits) == 13 {
		if own, ok := strings.CutPrefix(digits, "86"); ok {
			digits, plus = own, false
		}
	}
	switch {
	case plus && len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0':
		return "+" + digits, nil
	case !plus && len(digits) == 11 && digits[0] == '1' && digits[1] >= '3':
		return digits, nil
	}
	return "", wrong
}

// Known finds the account that an identity belongs to; ok is false if nobody
// has it or whoever has it is disabled. It is for those who let people in: they
// must not tell a stranger the difference.
func (s *Service) Known(ctx context.Context, p Provider, value string) (a Account, ok bool, err error) {
	value, err = Canonical(p, value)
	if err != nil {
		return Account{}, false, err
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		a, ok, err = lets(ctx, tx, p, value)
		return err
	})
	if err != nil || !ok || a.Out(s.now().UnixMilli()) {
		return Account{}, false, err
	}
	return a, true, nil
}

package account

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// A second factor is what somebody shows beside a password, a code by short
// message or a link: a code of an authenticator program, or a passkey, which
// counts as two. Recovery codes stand in where it is lost.

// Authenticator is a program that makes one-time codes of an account's. Secret
// is encrypted at rest.
type Authenticator struct {
	AccountID   uuid.UUID
	Secret      []byte
	Version     int64 // 0 = there is none yet
	BegunAt     int64 // unix ms
	ConfirmedAt int64 // unix ms, 0 = no code has shown yet that the program has the secret
	Step        int64 // the last one of which a code was taken
}

// Of second factors.
const (
	begunLife      = 30 * time.Minute // until an authenticator that was begun is confirmed
	recoveryCodes  = 10
	recoveryLength = 16 // characters of Base32: 80 bits
	provesMost     = 5  // wrong codes of an account in window
	provesOfDay    = 40
)

// FactorRule says of whom a second factor is asked.
type FactorRule struct {
	Roles   []Role `json:"roles"` // whoever has one of them
	Version int64  `json:"-"`     // 0 = nobody has set it: what stands here is the default
}

// DefaultFactorRule asks officers and administrators.
func DefaultFactorRule() FactorRule {
	return FactorRule{Roles: append([]Role{Officer}, Administrators()...)}
}

// Asks reports whether whoever has these roles has to show a second factor.
func (r FactorRule) Asks(roles []Role) bool {
	return slices.ContainsFunc(roles, func(has Role) bool { return slices.Contains(r.Roles, has) })
}

// RuleForFactors is whom a second factor is asked of.
func (s *Service) RuleForFactors(ctx context.Context, p Principal) (r FactorRule, err error) {
	if !p.May(ManageSources) {
		return FactorRule{}, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		r, err = tx.FactorRule(ctx)
		return err
	})
	return r, err
}

// SetRuleForFactors asks the roles, in place of those of the version that was
// seen, for a second factor. Whoever has come in without one shows it next.
func (s *Service) SetRuleForFactors(ctx context.Context, p Principal, version int64, roles []Role) error {
	if !p.May(ManageSources) {
		return ErrForbidden
	}
	for _, r := range roles {
		if !slices.Contains(Assignable(), r) {
			return catalog.Refuse(catalog.Invalid, "accounts.no_role", "role", string(r))
		}
	}
	entry, err := s.entry(p, s.now(), "second_factor.rule")
	if err != nil {
		return err
	}
	next := FactorRule{Version: version, Roles: slices.DeleteFunc(Assignable(), func(r Role) bool { return !slices.Contains(roles, r) })}
	return s.db.Write(ctx, func(tx Tx) error {
		was, err := tx.FactorRule(ctx)
		if err != nil {
			return err
		}
		if err := tx.SetFactorRule(ctx, next); err != nil {
			return err
		}
		e := entry
		e.Kind, e.Subject, e.Body = "source", p.ID, map[string]string{"was": join(was.Roles), "roles": join(next.Roles)}
		return tx.Append(ctx, e)
	})
}

// as is whoever came in by a sign-in: as Unproven, if a second factor is asked
// for and was not shown.
func as(ctx context.Context, tx Tx, a Account, in SignIn) (Principal, error) {
	p := a.principal()
	if in.Strong {
		return p, nil
	}
	rule, err := tx.FactorRule(ctx)
	if err != nil {
		return Nobody(), err
	}
	asked := rule.Asks(a.Roles)
	if !asked { // who has an authenticator means it
		have, _, err := tx.Authenticator(ctx, a.ID)
		if err != nil {
			return Nobody(), err
		}
		asked = have.ConfirmedAt > 0
	}
	if asked {
		p.Roles, p.Acting = []Role{Unproven}, Unproven
	}
	return p, nil
}

// Factors are the second factors of an account.
type Factors struct {
	Authenticator int64 // unix ms: since when, 0 = there is none
	Passkeys      int   // by which one may sign in
	Recovery      int   // codes that are left
	NoPasskeys    bool  // one signs in by the identity provider alone
}

// Any reports whether there is one.
func (f Factors) Any() bool { return f.Authenticator > 0 || f.Passkeys > 0 }

func factors(ctx context.Context, tx Tx, id uuid.UUID) (f Factors, err error) {
	have, _, err := tx.Authenticator(ctx, id)
	if err != nil {
		return f, err
	}
	keys, err := tx.Passkeys(ctx, id)
	if err != nil {
		return f, err
	}
	allowed, err := PasswordAllowed(ctx, tx, id)
	if err != nil {
		return f, err
	}
	if f.Authenticator, f.NoPasskeys = have.ConfirmedAt, !allowed; allowed {
		f.Passkeys = len(keys)
	}
	f.Recovery, err = tx.RecoveryCodes(ctx, id)
	return f, err
}

// Factors are p's own.
func (s *Service) Factors(ctx context.Context, p Principal) (f Factors, err error) {
	if !p.May(OwnFactors) {
		return f, ErrForbidden
	}
	err = s.db.Read(ctx, func(tx Tx) error {
		f, err = factors(ctx, tx, p.ID)
		return err
	})
	return f, err
}

// mayAdd refuses another factor to whoever has one and has not shown it: a
// password alone would be enough then.
func mayAdd(ctx context.Context, tx Tx, p Principal) error {
	if p.Acting != Unproven {
		return nil
	}
	f, err := factors(ctx, tx, p.ID)
	if err == nil && f.Any() {
		err = catalog.Refuse(catalog.Forbidden, "factor.first")
	}
	return err
}

// forgetCodes takes the recovery codes of an account that has no factor left.
func forgetCodes(ctx context.Context, tx Tx, id uuid.UUID) error {
	f, err := factors(ctx, tx, id)
	if err == nil && !f.Any() {
		err = tx.SetRecoveryCodes(ctx, id, nil)
	}
	return err
}

// tell is the notice to the owner of an account that its sign-in changed.
func (s *Service) tell(id uuid.UUID, template string, now time.Time) (journal.Message, error) {
	mid, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return journal.Message{}, err
	}
	return journal.Notice{Template: template, Account: id, Path: "/me/security", Urgent: true}.Message(mid, now.UnixMilli())
}

// BeginAuthenticator draws a secret for an authenticator program of p's own.
func (s *Service) BeginAuthenticator(ctx context.Context, p Principal) error {
	if !p.May(OwnFactors) {
		return ErrForbidden
	}
	secret := make([]byte, totpSecret)
	if _, err := io.ReadFull(s.rand, secret); err != nil {
		return err
	}
	now := s.now().UnixMilli()
	return s.db.Write(ctx, func(tx Tx) error {
		if err := mayAdd(ctx, tx, p); err != nil {
			return err
		}
		have, _, err := tx.Authenticator(ctx, p.ID)
		if err != nil {
			return err
		}
		if have.ConfirmedAt > 0 {
			return catalog.Refuse(catalog.Conflict, "factor.have")
		}
		return tx.SaveAuthenticator(ctx, Authenticator{AccountID: p.ID, Secret: secret, Version: have.Version, BegunAt: now})
	})
}

// begun refuses an authenticator that is not waiting for its first code.
func begun(ctx context.Context, tx Tx, id uuid.UUID, now int64) (a Authenticator, err error) {
	a, _, err = tx.Authenticator(ctx, id)
	if err == nil && (a.Version == 0 || a.ConfirmedAt > 0 || now-a.BegunAt >= begunLife.Milliseconds()) {
		err = catalog.Refuse(catalog.Conflict, "factor.begin")
	}
	return a, err
}

// BegunAuthenticator is the secret that BeginAuthenticator drew.
func (s *Service) BegunAuthenticator(ctx context.Context, p Principal) (secret []byte, err error) {
	if !p.May(OwnFactors) {
		return nil, ErrForbidden
	}
	now := s.now().UnixMilli()
	err = s.db.Read(ctx, func(tx Tx) error {
		a, err := begun(ctx, tx, p.ID, now)
		secret = a.Secret
		return err
	})
	return secret, err
}

// drawCodes makes recovery codes.
func (s *Service) drawCodes() ([]string, error) {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryLength*5/8)
		if _, err := io.ReadFull(s.rand, raw); err != nil {
			return nil, err
		}
		codes[i] = bare32.EncodeToString(raw)
	}
	return codes, nil
}

// PrintCode is a recovery code in groups of four.
func PrintCode(code string) string {
	var groups []string
	for group := range slices.Chunk([]byte(code), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}

// readCode is a code as it is kept, whatever somebody put between its
// characters, small letters and what only looks like one of its characters.
func readCode(text string) string {
	return strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(plainCode(text)))
}

func plainCode(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' || r == '\t' || r == '\u3000' {
			return -1
		}
		return r
	}, text)
}

// RemoveAuthenticator takes p's own authenticator program.
func (s *Service) RemoveAuthenticator(ctx context.Context, p Principal) error {
	if !p.May(OwnAccount) {
		return ErrForbidden
	}
	now := s.now()
	entry, err := s.entry(p, now, "second_factor.remove")
	if err != nil {
		return err
	}
	told, err := s.tell(p.ID, "factor_removed", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		removed, err := tx.RemoveAuthenticator(ctx, p.ID)
		if err != nil {
			return err
		}
		if !removed {
			return catalog.Refuse(catalog.NotFound, "factor.none")
		}
		if err := forgetCodes(ctx, tx, p.ID); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject = p.ID
		return tx.Append(ctx, e)
	})
}

// RenewRecoveryCodes makes other recovery codes for p, which are told this once;
// those of before are worth nothing.
func (s *Service) RenewRecoveryCodes(ctx context.Context, p Principal) (codes []string, err error) {
	if !p.May(OwnAccount) {
		return nil, ErrForbidden
	}
	if codes, err = s.drawCodes(); err != nil {
		return nil, err
	}
	now := s.now()
	entry, err := s.entry(p, now, "second_factor.codes")
	if err != nil {
		return nil, err
	}
	told, err := s.tell(p.ID, "recovery_renewed", now)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		f, err := factors(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if !f.Any() {
			return catalog.Refuse(catalog.Conflict, "factor.none")
		}
		if err := tx.SetRecoveryCodes(ctx, p.ID, codes); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject = p.ID
		return tx.Append(ctx, e)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// ResetFactors takes every second factor of somebody else who has lost them,
// and ends what is open by the account.
func (s *Service) ResetFactors(ctx context.Context, p Principal, id uuid.UUID) error {
	switch {
	case !p.May(ResetFactors):
		return ErrForbidden
	case p.ID == id:
		return catalog.Refuse(catalog.Forbidden, "accounts.own")
	}
	now := s.now()
	entry, err := s.entry(p, now, "second_factor.reset")
	if err != nil {
		return err
	}
	told, err := s.tell(id, "factor_reset", now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		if _, err := mustHave(tx.Account(ctx, id)); err != nil {
			return err
		}
		keys, err := tx.Passkeys(ctx, id)
		if err != nil {
			return err
		}
		had, err := tx.RemoveAuthenticator(ctx, id)
		if err != nil {
			return err
		}
		if !had && len(keys) == 0 {
			return catalog.Refuse(catalog.Conflict, "factor.nothing")
		}
		for _, k := range keys {
			if _, err := tx.RemovePasskey(ctx, id, k.ID); err != nil {
				return err
			}
		}
		if err := tx.SetRecoveryCodes(ctx, id, nil); err != nil {
			return err
		}
		if err := endAll(ctx, tx, id, now.UnixMilli()); err != nil {
			return err
		}
		if err := tx.EnqueueMessage(ctx, told); err != nil {
			return err
		}
		e := entry
		e.Subject, e.Body = id, map[string]string{"passkeys": fmt.Sprint(len(keys))}
		return tx.Append(ctx, e)
	})
}

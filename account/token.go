package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Token lets a program act for an account, in one of the account's roles. Its
// secret is TokenPrefix and 32 random bytes in base64url; only the SHA-256 of
// it is kept, so it is shown once, when it is made.
type Token struct {
	ID        uuid.UUID
	Hash      [32]byte
	AccountID uuid.UUID
	Name      string // what it is for, in its owner's words
	Role      Role
	Write     bool  // may change things; others only read
	CreatedAt int64 // unix ms
	ExpiresAt int64 // unix ms
	UsedOn    int64 // unix ms of the beginning of the last day it was used on, 0 = never
	RevokedAt int64 // unix ms, 0 = not
}

// TokenPrefix begins every secret: scanners of leaked secrets look for such.
const TokenPrefix = "dt_"

// Bounds of tokens.
const (
	TokenDays     = 365 // the longest life
	tokenNameMost = 60  // characters
	tokensMost    = 50  // live ones of one account
)

// errToken is one error for a token that is unknown, expired, revoked, of an
// account that is disabled, or of a role that it has lost: nobody learns which.
var errToken = catalog.Refuse(catalog.Forbidden, "tokens.invalid")

// Live reports whether the token still works at the time now (unix ms).
func (t Token) Live(now int64) bool { return t.RevokedAt == 0 && now < t.ExpiresAt }

// NewToken is what somebody wants a token for.
type NewToken struct {
	Name  string
	Role  Role
	Write bool
	Days  int // of life, 1 to TokenDays
}

func (n *NewToken) fit(a Account) error {
	n.Name = catalog.Clean(n.Name)
	switch {
	case n.Name == "" || utf8.RuneCountInString(n.Name) > tokenNameMost || strings.ContainsAny(n.Name, "\n\t"):
		return catalog.Refuse(catalog.Invalid, "tokens.name", "most", fmt.Sprint(tokenNameMost))
	case n.Days < 1 || n.Days > TokenDays:
		return catalog.Refuse(catalog.Invalid, "tokens.days", "most", fmt.Sprint(TokenDays))
	case !slices.Contains(a.Roles, n.Role):
		return catalog.Refuse(catalog.Invalid, "tokens.role")
	}
	return nil
}

// IssueToken makes a token for p's own account.
func (s *Service) IssueToken(ctx context.Context, p Principal, n NewToken) (secret string, t Token, err error) {
	if !p.May(OwnTokens) {
		return "", t, ErrForbidden
	}
	return s.issueToken(ctx, p, n, func(tx Tx) (Account, bool, error) { return tx.Account(ctx, p.ID) })
}

// IssueTokenFor makes a token for the account of that name. Only who may let
// anybody in may do so: an administrator would lend himself an officer's eyes.
func (s *Service) IssueTokenFor(ctx context.Context, p Principal, name string, n NewToken) (secret string, t Token, err error) {
	if !p.May(IssueAdminLinks) {
		return "", t, ErrForbidden
	}
	return s.issueToken(ctx, p, n, func(tx Tx) (Account, bool, error) { return tx.AccountNamed(ctx, name) })
}

func (s *Service) issueToken(ctx context.Context, p Principal, n NewToken, of func(Tx) (Account, bool, error)) (string, Token, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", Token{}, err
	}
	secret := TokenPrefix + base64.RawURLEncoding.EncodeToString(raw)
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return "", Token{}, err
	}
	now := s.now()
	entry, err := journal.New(s.rand, now.UnixMilli(), p.ID, string(p.Acting), "token.add", "token")
	if err != nil {
		return "", Token{}, err
	}
	var t Token
	err = s.db.Write(ctx, func(tx Tx) error {
		a, ok, err := of(tx)
		if err != nil {
			return err
		}
		if !ok || a.Out(now.UnixMilli()) {
			return catalog.Refuse(catalog.NotFound, "tokens.no_account")
		}
		n := n
		if err := n.fit(a); err != nil {
			return err
		}
		have, err := tx.Tokens(ctx, a.ID)
		if err != nil {
			return err
		}
		live := 0
		for _, h := range have {
			if h.RevokedAt == 0 && h.Name == n.Name {
				return catalog.Refuse(catalog.Conflict, "tokens.taken", "name", n.Name)
			}
			if h.Live(now.UnixMilli()) {
				live++
			}
		}
		if live >= tokensMost {
			return catalog.Refuse(catalog.Conflict, "tokens.many", "most", fmt.Sprint(tokensMost))
		}
		t = Token{ID: id, Hash: sha256.Sum256([]byte(secret)), AccountID: a.ID, Name: n.Name, Role: n.Role, Write: n.Write,
			CreatedAt: now.UnixMilli(), ExpiresAt: now.AddDate(0, 0, n.Days).UnixMilli()}
		if err := tx.AddToken(ctx, t); err != nil {
			return err
		}
		e := entry
		e.Subject = t.ID
		e.Body = map[string]string{"account": a.ID.String(), "role": string(t.Role), "scope": t.Scope(), "expires": time.UnixMilli(t.ExpiresAt).UTC().Format(time.DateOnly)}
		return tx.Append(ctx, e)
	})
	if err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// Scope is what the token may do: read or write.
func (t Token) Scope() string {
	if t.Write {
		return "write"
	}
	return "read"
}

// Tokens lists p's own tokens, newest first, revoked ones too.
func (s *Service) Tokens(ctx context.Context, p Principal) ([]Token, error) {
	if !p.May(OwnTokens) {
		return nil, ErrForbidden
	}
	return s.tokens(ctx, func(tx Tx) (Account, bool, error) { return tx.Account(ctx, p.ID) })
}

// TokensOf lists the tokens of the account of that name.
func (s *Service) TokensOf(ctx context.Context, p Principal, name string) ([]Token, error) {
	if !p.May(ManageAccounts) {
		return nil, ErrForbidden
	}
	return s.tokens(ctx, func(tx Tx) (Account, bool, error) { return tx.AccountNamed(ctx, name) })
}

func (s *Service) tokens(ctx context.Context, of func(Tx) (Account, bool, error)) (ts []Token, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		a, ok, err := of(tx)
		if err != nil {
			return err
		}
		if !ok {
			return catalog.Refuse(catalog.NotFound, "tokens.no_account")
		}
		ts, err = tx.Tokens(ctx, a.ID)
		return err
	})
	return ts, err
}

// RevokeToken ends a token: one of p's own, or anybody's for who manages
// accounts. A token that is no more stays in the list.
func (s *Service) RevokeToken(ctx context.Context, p Principal, id uuid.UUID) error {
	if !p.May(OwnTokens) && !p.May(ManageAccounts) {
		return ErrForbidden
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), "token.revoke", "token")
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx Tx) error {
		t, ok, err := tx.Token(ctx, id)
		if err != nil {
			return err
		}
		if !ok || (t.AccountID != p.ID && !p.May(ManageAccounts)) {
			return catalog.Refuse(catalog.NotFound, "tokens.not_found")
		}
		revoked, err := tx.RevokeToken(ctx, id, at)
		if err != nil || !revoked {
			return err
		}
		e := entry
		e.Subject = id
		e.Body = map[string]string{"account": t.AccountID.String()}
		return tx.Append(ctx, e)
	})
}

// Bearer is who a token's secret lets in, acting in the token's role, and
// whether the token may change things. The day of use is kept.
func (s *Service) Bearer(ctx context.Context, secret string) (p Principal, t Token, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(secret, TokenPrefix))
	if err != nil || len(raw) != 32 || !strings.HasPrefix(secret, TokenPrefix) {
		return Nobody(), t, errToken
	}
	hash := sha256.Sum256([]byte(secret))
	now := s.now()
	var a Account
	err = s.db.Read(ctx, func(tx Tx) error {
		var ok bool
		if t, ok, err = tx.TokenHashed(ctx, hash); err != nil || !ok {
			return err
		}
		a, _, err = tx.Account(ctx, t.AccountID)
		return err
	})
	if err != nil {
		return Nobody(), Token{}, err
	}
	if subtle.ConstantTimeCompare(t.Hash[:], hash[:]) != 1 || !t.Live(now.UnixMilli()) || a.Out(now.UnixMilli()) || !slices.Contains(a.Roles, t.Role) {
		return Nobody(), Token{}, errToken
	}
	y, m, d := now.Date()
	if today := time.Date(y, m, d, 0, 0, 0, 0, now.Location()).UnixMilli(); t.UsedOn < today {
		t.UsedOn = today
		if err := s.db.Write(ctx, func(tx Tx) error { return tx.UseToken(ctx, t.ID, today) }); err != nil {
			return Nobody(), Token{}, err
		}
	}
	return Principal{ID: a.ID, Name: a.Name, Roles: []Role{t.Role}, Acting: t.Role}, t, nil
}

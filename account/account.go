// Package account says who somebody is and what they may do. The one
// permission table is here; services ask it, pages show only what it allows.
package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"time"

	"github.com/google/uuid"
)

// Principal is who acts, in which role.
type Principal struct {
	ID     uuid.UUID
	Name   string
	Roles  []Role
	Acting Role
}

// Nobody is a visitor who is not signed in.
func Nobody() Principal { return Principal{Acting: Visitor} }

// SignedIn reports whether somebody is known.
func (p Principal) SignedIn() bool { return p.Acting != Visitor && p.Acting != "" }

// Account is a person who can sign in.
type Account struct {
	ID        uuid.UUID
	Name      string
	Roles     []Role
	Asked     []Role // given by a system administrator, of no effect until they are confirmed
	CreatedAt int64
	Disabled  bool
	Unit      string    // of the university, as a list of staff or students named it
	EndsAt    int64     // unix ms: when it stops to let in, 0 = no day was set
	EnteredAt int64     // unix ms: when somebody first came in by it, 0 = nobody did
	ClosedAt  int64     // unix ms: when it was closed for good, 0 = it was not
	JoinedTo  uuid.UUID // the account that it became one with and that goes on, zero if it was not
	Version   int64
}

// Out reports whether the account lets nobody in at the time now (unix ms).
func (a Account) Out(now int64) bool { return a.Disabled || (a.EndsAt > 0 && a.EndsAt <= now) }

// Link is a one-time way in; only the hash of its token is kept.
type Link struct {
	Hash      [32]byte
	AccountID uuid.UUID
	ExpiresAt int64
	UsedAt    int64
	Strong    bool // was made at the machine itself: no second factor is asked
}

// NewLink makes a one-time way in to an account, which may be named later, and
// the token that opens it: 32 bytes of rand in base64url, told this once.
func NewLink(rand io.Reader, accountID uuid.UUID, expires time.Time) (l Link, token string, err error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return l, "", err
	}
	return Link{Hash: sha256.Sum256(raw), AccountID: accountID, ExpiresAt: expires.UnixMilli()}, base64.RawURLEncoding.EncodeToString(raw), nil
}

// Names are those of accounts by their ids; find loads one, as Tx.Account does.
// The zero id is nobody and has none.
func Names(ctx context.Context, find func(context.Context, uuid.UUID) (Account, bool, error), ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	for _, id := range ids {
		if _, known := names[id]; known || id == uuid.Nil {
			continue
		}
		a, _, err := find(ctx, id)
		if err != nil {
			return nil, err
		}
		names[id] = a.Name
	}
	return names, nil
}

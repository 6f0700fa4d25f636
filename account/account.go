// Package account says who somebody is and what they may do. The one
// permission table is here; services ask it, pages show only what it allows.
package account

import "github.com/google/uuid"

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
	CreatedAt int64
	Disabled  bool
	Unit      string // of the university, as a list of staff or students named it
	EndsAt    int64  // unix ms: when it stops to let in, 0 = no day was set
	EnteredAt int64  // unix ms: when somebody first came in by it, 0 = nobody did
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
}

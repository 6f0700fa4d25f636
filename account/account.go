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
	Version   int64
}

// Link is a one-time way in; only the hash of its token is kept.
type Link struct {
	Hash      [32]byte
	AccountID uuid.UUID
	ExpiresAt int64
	UsedAt    int64
}

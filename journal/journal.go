// Package journal holds what is written beside every change, in the same
// transaction: the entry (what happened, for people and for proof), the change
// (which thing changed, for the index and for other nodes) and the message
// (what must be sent once the change stands).
//
// Entries and changes are inserted unnumbered; one sequencer numbers them in
// the order in which it finds them, so that no write waits for another.
package journal

import (
	"fmt"
	"io"

	"github.com/google/uuid"
)

// Entry says that somebody did something to something.
type Entry struct {
	ID      uuid.UUID
	Seq     int64 // 0 until numbered
	At      int64 // unix ms, server time
	Actor   uuid.UUID
	Role    string // the acting role
	Verb    string // "result.list", "import.apply", …: stable, a message key "entry.<verb>"
	Kind    string // kind of the subject
	Subject uuid.UUID
	Body    map[string]string // counts, digests, codes; never personal data, never a secret
	Salt    [16]byte          // random: the leaf of the tree is a hash of salt and body, so both can be erased
}

// Change says that a thing changed.
type Change struct {
	ID   uuid.UUID
	Seq  int64 // 0 until numbered
	At   int64
	Kind string // "result", "need", "party", "person", "feedback"
	Of   uuid.UUID
}

// Message is something to be sent after commit, at least once.
type Message struct {
	ID       uuid.UUID
	Kind     string
	Payload  []byte
	Due      int64 // unix ms
	Attempts int
}

// New begins an entry: its id and salt come from rand, at is unix ms. It is
// made before the transaction, which may run more than once.
func New(rand io.Reader, at int64, actor uuid.UUID, role, verb, kind string) (Entry, error) {
	e := Entry{At: at, Actor: actor, Role: role, Verb: verb, Kind: kind}
	id, err := uuid.NewV7FromReader(rand)
	if err != nil {
		return e, fmt.Errorf("journal: new entry: %w", err)
	}
	e.ID = id
	if _, err := io.ReadFull(rand, e.Salt[:]); err != nil {
		return e, fmt.Errorf("journal: new entry: %w", err)
	}
	return e, nil
}

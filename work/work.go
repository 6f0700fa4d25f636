// Package work names the one way to write: a unit of work. Every capability
// has a Tx of its own that names what it needs of the store; the store hands a
// unit of that Tx to the capability's service.
package work

import "context"

// Unit runs functions in transactions over a Tx.
//
// Write commits what fn did, all of it or nothing, and returns after the
// commit and after the index has seen it. fn may be run again: no I/O, no
// clock, no randomness, no other transaction inside it, and what it sets
// outside itself it sets anew each time. Read gives fn one snapshot.
type Unit[Tx any] interface {
	Write(ctx context.Context, fn func(Tx) error) error
	Read(ctx context.Context, fn func(Tx) error) error
}

// Package notify sends what the outbox holds: mail, short messages, robots of
// group chats, webhooks. Each lane of messages, that is each channel and each
// receiver, has workers, time limits and a breaker of its own, so that one that
// hangs delays nobody else. A message is forgotten only once it was sent or
// given up, and keeps its id through every attempt.
package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"datai/journal"
)

// Sender sends the messages of a channel. It returns nil once the other side
// has taken the message, and ends when ctx does.
type Sender interface {
	Send(ctx context.Context, m journal.Message) error
}

// failure is why a message was not taken.
type failure struct {
	cause string        // a code for people who operate: "timeout", "status_503", …
	final bool          // another attempt would end the same way
	after time.Duration // not before: as the other side asked, 0 = as usual
	// patient means that the other side is well and only wants fewer messages.
	patient bool
	err     error // for the log; never holds an address, a number or a secret
}

func (f *failure) Error() string {
	if f.err == nil {
		return "notify: " + f.cause
	}
	return fmt.Sprintf("notify: %s: %v", f.cause, f.err)
}

func (f *failure) Unwrap() error { return f.err }

// finally is a failure after which nothing is tried again.
func finally(cause string, err error) error { return &failure{cause: cause, final: true, err: err} }

// failureOf says what an error of the network means.
func failureOf(err error) *failure {
	if f, ok := errors.AsType[*failure](err); ok {
		return f
	}
	f := &failure{cause: "error", err: err}
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		f.cause = "timeout"
	case errors.Is(err, syscall.ECONNREFUSED):
		f.cause = "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		f.cause = "reset"
	}
	return f
}

// schedule is how long after each attempt the next one follows: the example of
// Standard Webhooks 1.0.0 ("Deliverability and reliability", about 75 hours),
// with two steps more at its beginning for codes that somebody waits for.
var schedule = []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// Schedule is when the attempt after those that were made (1, 2, …) follows; ok
// is false after the last.
func Schedule(made int) (wait time.Duration, ok bool) {
	if made < 1 || made > len(schedule) {
		return 0, false
	}
	return schedule[made-1], true
}

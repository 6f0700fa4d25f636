package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Code sorts errors by what a caller can do about them.
type Code string

// The codes of every error that reaches a person.
const (
	Invalid     Code = "invalid"     // mend the input
	NotFound    Code = "not_found"   // there is no such thing, or not for this viewer
	Conflict    Code = "conflict"    // somebody was first: look again
	Forbidden   Code = "forbidden"   // another role may
	Unavailable Code = "unavailable" // try again later
)

// Args fill the {names} in a message.
type Args map[string]string

// Error is an error that a person can act on. Key names a message of the
// catalogue in both languages; Err is the cause for the log and is never shown.
type Error struct {
	Code Code
	Key  string
	Args Args
	Err  error
}

// Refuse makes an Error without a cause. pairs are names and values.
func Refuse(code Code, key string, pairs ...string) *Error {
	return &Error{Code: code, Key: key, Args: argsOf(pairs)}
}

func argsOf(pairs []string) Args {
	if len(pairs) == 0 {
		return nil
	}
	a := make(Args, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		a[pairs[i]] = pairs[i+1]
	}
	return a
}

// Because adds the cause for the log.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Key)
	for _, k := range slices.Sorted(maps.Keys(e.Args)) {
		fmt.Fprintf(&b, " %s=%q", k, e.Args[k])
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of the first Error in err's chain, or "".
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

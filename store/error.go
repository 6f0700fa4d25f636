package store

import (
	"context"
	"errors"
	"fmt"

	"datai/catalog"
)

// What a driver found; each driver's file maps its own codes to these.
var (
	errUnique      = errors.New("unique key taken")
	errForeignKey  = errors.New("no such parent row")
	errBusy        = errors.New("database busy")                  // nothing was done: may be tried again
	errSerialise   = errors.New("lost against another writer")    // rolled back: may be tried again
	errUnreachable = errors.New("database does not answer")       // may or may not have been done
	errFull        = errors.New("no room on the disk")            // rolled back
	errText        = errors.New("text that no database may keep") // NUL or invalid UTF-8
)

// transient reports whether the unit of work may run again: it was rolled back
// for certain.
func transient(err error) bool { return errors.Is(err, errBusy) || errors.Is(err, errSerialise) }

// explain turns a driver's error into one that a person can act on; doing says
// what was tried, for the log.
func (db *DB) explain(doing string, err error) error {
	if _, done := errors.AsType[*catalog.Error](err); done {
		return err
	}
	found := db.driver.sentinel(err)
	for _, own := range []error{errText, errSerialise, errBusy} {
		if errors.Is(err, own) {
			found = own
		}
	}
	if found == nil && errors.Is(err, context.DeadlineExceeded) {
		found = errUnreachable
	}
	if found == nil {
		return fmt.Errorf("store: %s: %w", doing, err)
	}
	cause := fmt.Errorf("store: %s: %w: %w", doing, found, err)
	switch {
	case errors.Is(found, errUnique):
		return catalog.Refuse(catalog.Conflict, "error.conflict").Because(cause)
	case errors.Is(found, errForeignKey):
		return catalog.Refuse(catalog.NotFound, "error.not_found").Because(cause)
	case errors.Is(found, errFull):
		return catalog.Refuse(catalog.Unavailable, "error.disk_full").Because(cause)
	case errors.Is(found, errText):
		return catalog.Refuse(catalog.Invalid, "error.invalid").Because(cause)
	}
	return catalog.Refuse(catalog.Unavailable, "error.busy").Because(cause)
}

// notFound says that there is no such thing.
func notFound() error { return catalog.Refuse(catalog.NotFound, "error.not_found") }

// conflict says that somebody was first.
func conflict() error { return catalog.Refuse(catalog.Conflict, "error.conflict") }

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"datai/account"
	"datai/contact"
	"datai/document"
	"datai/evidence"
	"datai/exchange"
	"datai/gate"
	"datai/inbox"
	"datai/intake"
	"datai/match"
	"datai/matchmaker"
	"datai/ops"
	"datai/retention"
	"datai/rulebook"
	"datai/rules"
	"datai/shelf"
	"datai/store"
)

// errHeld says that another process holds the data folder.
var errHeld = errors.New("the data folder is in use by another datai")

// app is the open catalogue with its services.
type app struct {
	dir         string
	lock        *os.File
	db          *store.DB
	key         [32]byte
	log         *slog.Logger
	intake      *intake.Service
	shelf       *shelf.Service
	match       *matchmaker.Service
	account     *account.Service
	contact     *contact.Service
	gate        *gate.Service
	document    *document.Service
	proxy       *shelf.Proxy
	enterprises *shelf.Enterprises
	inbox       *inbox.Service
	evidence    *evidence.Service
	rules       *rulebook.Service
	retention   *retention.Service
	processes   *rulebook.Processes
	indexed     bool
	behind      atomic.Bool // the index lacks a change, until it is rebuilt
	stopping    atomic.Bool
	metrics     *metrics
	followed    atomic.Int64 // all changes up to this number are in the index; while it follows other servers, it goes on
	kept        snapshotState
	served      *served  // while a server runs in this process
	base        *url.URL // of the server, while one runs in this process
}

// operator is who acts at the command line: whoever may read the data folder.
func operator() account.Principal {
	return account.Principal{Name: "console", Roles: []account.Role{account.Console}, Acting: account.Console}
}

// openApp locks the data folder and opens the database. errHeld if a server
// has it.
func openApp(ctx context.Context, e env, at place) (*app, error) {
	dir := e.path(at.Data)
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	key, err := secretKey(dir, at.keyFile(e), at.Database)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	base, err := rules.Load()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("rules: %w", err), lock.Close())
	}
	m := newMetrics()
	db, err := store.Open(ctx, store.Config{URL: at.Database, Path: filepath.Join(dir, "datai.db"), Key: key,
		Now: time.Now, Rand: rand.Reader, Logger: e.log, Written: m.write})
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("database: %w", err)
	}
	book := rulebook.NewService(store.For[rulebook.Tx](db), base, time.Now, rand.Reader)
	settings := rulebook.NewProcesses(store.For[rulebook.ProcessTx](db), time.Now, rand.Reader, processes()...)
	a := &app{dir: dir, lock: lock, db: db, key: key, log: e.log,
		intake:      intake.NewService(store.For[intake.Tx](db), time.Now, rand.Reader),
		shelf:       shelf.NewService(store.For[shelf.Tx](db), time.Now, rand.Reader, book.Book),
		match:       matchmaker.NewService(store.For[matchmaker.Tx](db), time.Now, rand.Reader, match.Options{NewFile: newTexts(dir)}),
		account:     account.NewService(store.For[account.Tx](db), time.Now, rand.Reader),
		contact:     contact.NewService(store.For[contact.Tx](db), time.Now, rand.Reader, book.Book, settings.Of(contact.Definition.Kind)),
		proxy:       shelf.NewProxy(store.For[shelf.ProxyTx](db), time.Now, rand.Reader, exchange.MessageReader(), book.Book),
		enterprises: shelf.NewEnterprises(store.For[shelf.EnterpriseTx](db), time.Now, rand.Reader, exchange.MessageReader(), book.Book),
		inbox:       inbox.NewService(store.For[inbox.Tx](db), time.Now, rand.Reader),
		evidence:    evidence.NewService(store.For[evidence.Tx](db), time.Now, rand.Reader),
		rules:       book,
		processes:   settings,
	}
	a.gate = gate.NewService(store.For[gate.Tx](db), time.Now, rand.Reader, book.Book, settings.Of(gate.Definition.Kind), gate.Reader{Indicators: exchange.ReadIndicators, Secret: exchange.MessageReader().Secret})
	a.document = document.NewService(store.For[document.Tx](db), time.Now, rand.Reader, exchange.LookDocument, exchange.MessageReader().Secret, map[string]document.Find{
		contact.Definition.Kind: a.contact.Seen,
		gate.Definition.Kind:    a.gate.Seen,
	})
	a.evidence.Seal = db.Seal
	a.retention = retention.NewService(store.For[retention.Tx](db), time.Now, rand.Reader, book.Book, map[retention.Kind]retention.Forget{retention.Imports: a.intake.Forget})
	a.metrics, a.intake.Applied, a.match.Answered = m, m.imported, m.answer
	m.watch(a)
	return a, nil
}

// lockFolder makes the data folder if it is not there and takes it for this
// process. errHeld if another has it.
func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "datai.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	// The lock goes with the process, however it ends.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errHeld
		}
		return nil, fmt.Errorf("data folder: lock: %w", err)
	}
	return lock, nil
}

// lag is how many numbered changes of other servers the index lacks. Its own are
// in it before they are numbered.
func (a *app) lag(ctx context.Context) (int64, error) {
	if a.db.Kind() == "sqlite" {
		return 0, nil
	}
	last, err := a.db.LastChange(ctx)
	return last - a.followed.Load(), err
}

// stagingIdle is how long an import of another server on the same database may
// be silent before it counts as left behind.
const stagingIdle = 10 * time.Minute

// recover ends imports that a killed process left in the middle of staging.
// Whoever holds an SQLite file holds it alone, so there it is all of them.
func (a *app) recover(ctx context.Context, at place) error {
	if at.Database != "" {
		return a.intake.Recover(ctx, stagingIdle)
	}
	return a.intake.Recover(ctx, 0)
}

func (a *app) close() error {
	return errors.Join(a.db.Close(), a.lock.Close())
}

// secretKey is the key that encrypts phones and e-mail addresses. It is made
// with the database, mode 0600, beside it; with PostgreSQL every server needs
// the same file. Whoever loses it loses the contacts, so it belongs into the
// backup, kept apart from the database's.
func secretKey(dir, file, database string) (key [32]byte, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		// A new key beside an old database would open nothing in it.
		if info, err := os.Stat(filepath.Join(dir, "datai.db")); database == "" && err == nil && info.Size() > 0 {
			return key, fmt.Errorf("secret key: %s is missing, but the database is there; restore the file from your backup", file)
		}
		return newSecretKey(file)
	}
	if err != nil {
		return key, fmt.Errorf("secret key: %w", err)
	}
	key, ok := ops.ParseKey(text)
	if !ok {
		return key, fmt.Errorf("secret key: %s does not hold 64 hexadecimal digits; restore it from your backup", file)
	}
	return key, nil
}

func newSecretKey(file string) (key [32]byte, err error) {
	if _, err := io.ReadFull(rand.Reader, key[:]); err != nil {
		return key, err
	}
	return key, writeSecretKey(file, key)
}

// writeSecretKey makes a key file and never overwrites one: two that start at
// once must not each write a key of their own.
func writeSecretKey(file string, key [32]byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("secret key: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(key[:]) + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}

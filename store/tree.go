package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpointEvery is how long a tree that grows goes without a new checkpoint.
const checkpointEvery = 60_000 // ms

// errTree says that the tree in the database is not one that can go on.
var errTree = errors.New("store: the tree of the journal is damaged; run `datai journal verify`")

// treeState is how far the tree is.
type treeState struct {
	numbered int64 // entries
	size     int64 // of them in the tree
	last     journal.Checkpoint
	sealed   bool // there is a last
}

// due reports whether the tree is to be signed: a minute after the last time, or
// at once if somebody waits for it or that time lies in the future, as it does
// after a clock was set back.
func (s treeState) due(now int64, wanted bool) bool {
	return s.size > s.last.Size && (!s.sealed || wanted || now-s.last.At >= checkpointEvery || now < s.last.At)
}

func (tx *Tx) treeState(ctx context.Context) (s treeState, err error) {
	if _, err := tx.one(ctx, []any{&s.numbered}, lastNumber("entry")); err != nil {
		return s, err
	}
	var n, length int64
	if _, err := tx.one(ctx, []any{&n, &length}, `SELECT n, length(hashes) FROM tile WHERE level = 0 ORDER BY n DESC LIMIT 1`); err != nil {
		return s, err
	}
	s.size = n*(journal.TileBytes/tlog.HashSize) + length/tlog.HashSize
	var at int64
	var text string
	if s.sealed, err = tx.one(ctx, []any{&at, &text}, `SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1`); err != nil {
		return s, err
	}
	if s.sealed {
		if s.last, _, err = journal.OpenCheckpoint(text, nil); err != nil {
			return s, fmt.Errorf("%w: the last checkpoint: %w", errTree, err)
		}
	}
	if s.last.Size != at {
		return s, fmt.Errorf("%w: the checkpoint over %d entries stands as one over %d", errTree, s.last.Size, at)
	}
	if length%tlog.HashSize != 0 || s.size > s.numbered || s.last.Size > s.size {
		return s, fmt.Errorf("%w: %d entries, %d leaves, a checkpoint over %d", errTree, s.numbered, s.size, s.last.Size)
	}
	return s, nil
}

// grow takes every numbered entry into the tree and signs the tree when a
// checkpoint is due or wanted. Of several nodes one does it at a time.
func (db *DB) grow(ctx context.Context, wanted bool) error {
	for more := true; more; {
		var before treeState // a look is cheaper than a transaction that writes nothing
		err := db.Read(ctx, func(tx *Tx) (err error) {
			before, err = tx.treeState(ctx)
			return err
		})
		if err != nil || before.size == before.numbered && !before.due(db.now().UnixMilli(), wanted) {
			return err
		}
		fresh, err := db.newJournalKey() // used if there is none
		if err != nil {
			return err
		}
		err = db.Write(ctx, func(tx *Tx) error {
			if err := db.driver.lockSequence(ctx, tx); err != nil {
				return err
			}
			s, err := tx.treeState(ctx)
			if err != nil {
				return err
			}
			till := min(s.numbered, s.size+numberTogether)
			if err := tx.plant(ctx, s.size, till); err != nil {
				return err
			}
			s.size, more = till, till < s.numbered
			if more || !s.due(tx.at, wanted) {
				return nil
			}
			return tx.sign(ctx, s, fresh)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Seal has everything that is written now under a checkpoint. A tree that
// somebody damaged is sealed no more, which is an error.
func (db *DB) Seal(ctx context.Context) error {
	if err := db.number(ctx); err != nil {
		return err
	}
	return db.grow(ctx, true)
}

// plant adds the leaves of the entries after the number size up to till.
func (tx *Tx) plant(ctx context.Context, size, till int64) error {
	leaves := make([]tlog.Hash, 0, till-size)
	err := tx.keptEntries(ctx, size, till, func(k *journal.Kept) error {
		if k.Seq != size+int64(len(leaves))+1 {
			return fmt.Errorf("%w: entry %d has number %d", errTree, size+int64(len(leaves))+1, k.Seq)
		}
		leaves = append(leaves, k.Leaf())
		return nil
	})
	if err != nil {
		return err
	}
	if int64(len(leaves)) != till-size {
		return fmt.Errorf("%w: after entry %d there are %d, want %d", errTree, size, len(leaves), till-size)
	}
	grown, err := journal.Grow(size, leaves, tx.tiles(ctx))
	if err != nil {
		if tx.failed != nil {
			return err
		}
		return fmt.Errorf("%w: %w", errTree, err)
	}
	for _, t := range grown {
		if _, err := tx.exec(ctx, `INSERT INTO tile (level, n, hashes) VALUES (?, ?, ?) ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes`,
			t.Level, t.N, t.Hashes); err != nil {
			return err
		}
	}
	return nil
}

// tiles reads tiles of the tree, nothing for one that is not there.
func (tx *Tx) tiles(ctx context.Context) journal.Tiles {
	return func(level int, n int64) (hashes []byte, err error) {
		_, err = tx.one(ctx, []any{&hashes}, `SELECT hashes FROM tile WHERE level = ? AND n = ?`, level, n)
		return hashes, err
	}
}

const keptColumns = `id, seq, at, actor, role, verb, kind, subject, body, salt, digest`

// keptEntries calls fn for the entries after the number after up to till, in
// their order. fn may keep nothing of what it gets.
func (tx *Tx) keptEntries(ctx context.Context, after, till int64, fn func(*journal.Kept) error) error {
	var k journal.Kept
	return tx.each(ctx, func(s scanner) error {
		if err := scanKept(s, &k); err != nil {
			return err
		}
		return fn(&k)
	}, `SELECT `+keptColumns+` FROM entry WHERE seq > 0 AND seq > ? AND seq <= ? ORDER BY seq`, after, till)
}

func scanKept(s scanner, k *journal.Kept) error {
	k.Salt, k.Digest = nil, nil
	return s.Scan(&k.ID, &k.Seq, &k.At, &k.Actor, &k.Role, &k.Verb, &k.Kind, &k.Subject, &k.Body, &k.Salt, &k.Digest)
}

// sign adds a checkpoint over the tree, if it continues the last one.
func (tx *Tx) sign(ctx context.Context, s treeState, fresh journalKey) error {
	read := tx.tiles(ctx)
	if s.sealed {
		root, err := tlog.TreeHash(s.last.Size, read)
		if tx.failed != nil {
			return tx.failed
		}
		if err != nil || root != s.last.Root {
			return errors.Join(fmt.Errorf("%w: it does not continue the checkpoint over %d entries", errTree, s.last.Size), err)
		}
	}
	root, err := tlog.TreeHash(s.size, read)
	if err != nil {
		return err
	}
	key, err := tx.signingKey(ctx, fresh)
	if err != nil {
		return err
	}
	text, err := journal.Checkpoint{Origin: journal.Origin(tx.db.id), Size: s.size, Root: root, At: tx.at}.Sign(key)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO checkpoint (size, note) VALUES (?, ?)`, s.size, text)
	return err
}

// journalKey signs checkpoints.
type journalKey struct {
	id             uuid.UUID
	public, secret string // as the package note writes them
}

func (db *DB) newJournalKey() (k journalKey, err error) {
	if k.id, err = db.newID(); err != nil {
		return k, err
	}
	k.secret, k.public, err = note.GenerateKey(db.rand, journal.Origin(db.id))
	return k, err
}

// signingKey is the newest key; the first one is made here.
func (tx *Tx) signingKey(ctx context.Context, fresh journalKey) (note.Signer, error) {
	var id uuid.UUID
	var sealed []byte
	ok, err := tx.one(ctx, []any{&id, &sealed}, `SELECT id, secret FROM journal_key ORDER BY id DESC LIMIT 1`)
	if err != nil {
		return nil, err
	}
	if !ok {
		if err := tx.addJournalKey(ctx, fresh); err != nil {
			return nil, err
		}
		return note.NewSigner(fresh.secret)
	}
	secret, err := tx.db.seal.open(sealed, id)
	if err != nil {
		return nil, err
	}
	return note.NewSigner(string(secret))
}

func (tx *Tx) addJournalKey(ctx context.Context, k journalKey) error {
	_, err := tx.exec(ctx, `INSERT INTO journal_key (id, public, secret) VALUES (?, ?, ?)`, k.id, k.public, tx.db.seal.close([]byte(k.secret), k.id))
	return err
}

// JournalKeys are the public keys that sign or signed checkpoints, the oldest
// first, as the package note writes them.
func (tx *Tx) JournalKeys(ctx context.Context) (keys []string, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var k string
		err := s.Scan(&k)
		keys = append(keys, k)
		return err
	}, `SELECT public FROM journal_key ORDER BY id`)
	return keys, err
}

// Checkpoint is the last checkpoint, with Size 0 if there is none.
func (tx *Tx) Checkpoint(ctx context.Context) (s journal.Signed, err error) {
	ok, err := tx.one(ctx, []any{&s.Note}, `SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1`)
	if err != nil || !ok {
		return s, err
	}
	if s.Keys, err = tx.JournalKeys(ctx); err != nil {
		return s, err
	}
	s.Checkpoint, _, err = journal.OpenCheckpoint(s.Note, s.Keys)
	return s, err
}

// Prove proves the entry with that number, or, if number is 0, that id. NotFound
// if there is none, Invalid if no checkpoint covers it yet.
func (tx *Tx) Prove(ctx context.Context, number int64, id uuid.UUID) (p journal.Proof, err error) {
	var k journal.Kept
	where, key := "id = ?", any(id)
	if number > 0 {
		where, key = "seq > 0 AND seq = ?", number
	}
	found := false
	if err := tx.each(ctx, func(s scanner) error {
		found = true
		return scanKept(s, &k)
	}, `SELECT `+keptColumns+` FROM entry WHERE `+where, key); err != nil {
		return p, err
	}
	if !found {
		return p, notFound()
	}
	under, err := tx.Checkpoint(ctx)
	if err != nil {
		return p, err
	}
	if k.Seq == 0 || k.Seq > under.Size {
		return p, catalog.Refuse(catalog.Invalid, "journal.not_sealed")
	}
	return journal.Prove(&k, under, tx.tiles(ctx))
}

// EachEntry calls fn for every entry after the number after, in their order. fn
// may keep nothing of what it gets and may not use the Tx.
func (tx *Tx) EachEntry(ctx context.Context, after int64, fn func(*journal.Kept) error) error {
	return tx.keptEntries(ctx, after, 1<<62, fn)
}

// NewJournalKey has checkpoints signed with a new key from now on; by says so in
// the journal. Older keys go on opening older checkpoints.
func (db *DB) NewJournalKey(ctx context.Context, by journal.Entry) error {
	fresh, err := db.newJournalKey()
	if err != nil {
		return err
	}
	by.Verb, by.Subject, by.Body = journal.KeyVerb, fresh.id, map[string]string{journal.Key: fresh.public}
	return db.Write(ctx, func(tx *Tx) error {
		if err := db.driver.lockSequence(ctx, tx); err != nil {
			return err
		}
		if err := tx.addJournalKey(ctx, fresh); err != nil {
			return err
		}
		return tx.Append(ctx, by)
	})
}

// EraseEntries takes body and salt from every entry about subject, for good;
// proofs stay whole. by says so in the journal and names the entries; it is not
// written if there is nothing to erase. It returns how many lost theirs.
func (tx *Tx) EraseEntries(ctx context.Context, by journal.Entry, subject uuid.UUID) (int, error) {
	var lose []journal.Kept
	err := tx.each(ctx, func(s scanner) error {
		var k journal.Kept
		err := scanKept(s, &k)
		lose = append(lose, k)
		return err
	}, `SELECT `+keptColumns+` FROM entry WHERE subject = ? AND digest IS NULL AND verb <> ? AND verb <> ? ORDER BY at, id`,
		subject, journal.EraseVerb, journal.KeyVerb)
	if err != nil || len(lose) == 0 {
		return 0, err
	}
	ids := make([]string, len(lose))
	for i := range lose {
		sum := lose[i].Sum()
		ids[i] = lose[i].ID.String()
		touched, err := tx.exec(ctx, `UPDATE entry SET body = '{}', salt = ?, digest = ? WHERE id = ? AND digest IS NULL`, []byte{}, sum[:], lose[i].ID)
		if err != nil {
			return 0, err
		}
		if touched != 1 { // somebody else erased it meanwhile
			return 0, conflict()
		}
	}
	by.Verb, by.Body = journal.EraseVerb, map[string]string{journal.Erased: strings.Join(ids, ",")}
	return len(lose), tx.Append(ctx, by)
}

package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"datai/journal"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

// checkTogether is how many entries one reader takes at a time: a whole number
// of tiles.
const checkTogether = 64 * leavesInTile

const leavesInTile = journal.TileBytes / tlog.HashSize

// VerifyJournal recomputes every leaf from salt and body and compares it with
// the tree, each tile with the one above, each checkpoint with the tree, and, if
// old is not empty, the checkpoint old, which somebody kept elsewhere, with the
// tree; and every document that an entry names with its hash. What is wrong is in the report; an error means that it could not look.
func (db *DB) VerifyJournal(ctx context.Context, old string) (r journal.Report, err error) {
	r.Faults, r.Waiting = []journal.Fault{}, []string{}
	if err := db.number(ctx); err != nil {
		return r, err
	}
	if err := db.grow(ctx, false); errors.Is(err, errTree) {
		r.Fault("tile", "%v", err)
	} else if err != nil {
		return r, err
	}
	c := &treeCheck{db: db, report: &r, tiles: map[tilePlace][]byte{}, dropped: map[uuid.UUID]int64{}, named: map[uuid.UUID]bool{}, keyed: map[string]bool{}}
	if err := db.Read(ctx, func(tx *Tx) error { return c.look(ctx, tx) }); err != nil {
		return r, err
	}
	if err := c.entries(ctx); err != nil {
		return r, err
	}
	if err := c.verifyDocuments(ctx); err != nil {
		return r, err
	}
	c.upper()
	c.erasures()
	c.seals(old)
	slices.SortStableFunc(r.Faults, func(a, b journal.Fault) int { return cmp.Compare(a.Check, b.Check) })
	return r, nil
}

type tilePlace struct {
	level int
	n     int64
}

// treeCheck is a verification under way.
type treeCheck struct {
	db     *DB
	report *journal.Report
	size   int64 // entries that are numbered
	tiles  map[tilePlace][]byte
	notes  []checkpointRow

	mu      sync.Mutex
	dropped map[uuid.UUID]int64 // entries without body and salt, with their numbers
	named   map[uuid.UUID]bool  // those that the journal says have lost them
	keyed   map[string]bool     // public keys that the journal names

	documents []namedDocument
	forgotten []namedDocument
}

type checkpointRow struct {
	size int64
	note string
}

func (c *treeCheck) fault(check, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Fault(check, format, args...)
}

// look reads how much there is and everything but the entries.
func (c *treeCheck) look(ctx context.Context, tx *Tx) error {
	if _, err := tx.one(ctx, []any{&c.size}, `SELECT count(*) FROM entry WHERE seq > 0`); err != nil {
		return err
	}
	numbered := c.size
	var unnumbered int64
	if _, err := tx.one(ctx, []any{&unnumbered}, `SELECT count(*) FROM entry WHERE seq = 0`); err != nil {
		return err
	}
	err := tx.each(ctx, func(s scanner) error {
		var at tilePlace
		var hashes []byte
		err := s.Scan(&at.level, &at.n, &hashes)
		c.tiles[at] = hashes
		return err
	}, `SELECT level, n, hashes FROM tile ORDER BY level, n`)
	if err != nil {
		return err
	}
	err = tx.each(ctx, func(s scanner) error {
		var n checkpointRow
		err := s.Scan(&n.size, &n.note)
		c.notes = append(c.notes, n)
		return err
	}, `SELECT size, note FROM checkpoint ORDER BY size`)
	if err != nil {
		return err
	}
	err = tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		err := s.Scan(&id)
		c.report.Waiting = append(c.report.Waiting, id.String())
		return err
	}, `SELECT id FROM entry WHERE seq = 0 ORDER BY at, id LIMIT ?`, most)
	if err != nil {
		return err
	}
	leaves := int64(0)
	for at, hashes := range c.tiles {
		if at.level == 0 {
			leaves += int64(len(hashes)) / tlog.HashSize
		}
	}
	c.report.Pending = unnumbered + max(numbered-leaves, 0)
	c.size = max(numbered, leaves) // one of them is less if something was taken away
	err = tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		var seq int64
		if err := s.Scan(&id, &seq); err != nil {
			return err
		}
		c.fault("entry", "entry %d (%s) has a number beyond the %d entries that there are", seq, id, c.size)
		return nil
	}, `SELECT id, seq FROM entry WHERE seq > ? ORDER BY seq LIMIT ?`, c.size, most)
	if err != nil {
		return err
	}
	c.report.Tiles = int64(len(c.tiles))
	keys, err := tx.verifyKeys(ctx, c)
	c.report.Keys = append([]string{}, keys...)
	return err
}

// verifyKeys reads the public keys and compares each with its secret.
func (tx *Tx) verifyKeys(ctx context.Context, c *treeCheck) (keys []string, err error) {
	err = tx.each(ctx, func(s scanner) error {
		var id uuid.UUID
		var public string
		var sealed []byte
		if err := s.Scan(&id, &public, &sealed); err != nil {
			return err
		}
		if tx.verifyKey(id, public, sealed) {
			keys = append(keys, public)
		} else {
			c.fault("key", "key %s does not open or is not the public key of its secret", id)
		}
		return nil
	}, `SELECT id, public, secret FROM journal_key ORDER BY id`)
	return keys, err
}

func (tx *Tx) verifyKey(id uuid.UUID, public string, sealed []byte) bool {
	secret, err := tx.db.seal.open(sealed, id)
	if err != nil {
		return false
	}
	want, err := journal.PublicKey(string(secret))
	return err == nil && want == public
}

// entries compares every entry with its leaf, with as many readers as there
// are processors.
func (c *treeCheck) entries(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for {
				from := (next.Add(1) - 1) * checkTogether
				if from >= c.size || ctx.Err() != nil {
					return
				}
				err := c.db.Read(ctx, func(tx *Tx) error { return c.part(ctx, tx, from, min(from+checkTogether, c.size)) })
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// part compares the entries after the number from up to till, which are those
// of whole tiles but for the last.
func (c *treeCheck) part(ctx context.Context, tx *Tx, from, till int64) error {
	count := int64(0)
	leaves := make([]entryLeaf, 0, leavesInTile) // of a tile
	end := func(next int64) {                    // the entries before the number next have come
		for at := from + int64(len(leaves)) + 1; at < next; at = from + int64(len(leaves)) + 1 {
			leaves = append(leaves, entryLeaf{})
			if len(leaves) == leavesInTile {
				c.tile(from, leaves)
				from, leaves = from+leavesInTile, leaves[:0]
			}
		}
	}
	err := tx.keptEntries(ctx, from, till, func(k *journal.Kept) error {
		count++
		end(k.Seq)
		c.note(k)
		leaves = append(leaves, entryLeaf{k.ID, k.Leaf()})
		if len(leaves) == leavesInTile {
			c.tile(from, leaves)
			from, leaves = from+leavesInTile, leaves[:0]
		}
		return nil
	})
	end(till + 1)
	if len(leaves) > 0 {
		c.tile(from, leaves)
	}
	c.mu.Lock()
	c.report.Entries += count
	c.mu.Unlock()
	return err
}

// entryLeaf is the leaf of an entry; without an id there is none.
type entryLeaf struct {
	id   uuid.UUID
	leaf tlog.Hash
}

// tile compares the leaves of the entries after the number from, which are all
// of a tile, with that tile.
func (c *treeCheck) tile(from int64, leaves []entryLeaf) {
	n := from / leavesInTile
	hashes := c.tiles[tilePlace{0, n}]
	made := make([]byte, 0, journal.TileBytes)
	for i := range leaves {
		made = append(made, leaves[i].leaf[:]...)
	}
	if bytes.Equal(made, hashes) {
		return
	}
	if len(made) == journal.TileBytes && c.fits(0, n, made) {
		c.fault("tile", "tile 0/%d is not the one of its entries %d to %d, which fit the tile above", n, from+1, from+leavesInTile)
		return
	}
	for i := range leaves {
		switch at := i * tlog.HashSize; {
		case leaves[i].id == uuid.Nil:
			c.fault("entry", "entry %d is missing", from+int64(i)+1)
		case len(hashes) < at+tlog.HashSize:
			c.fault("entry", "entry %d (%s) has no leaf in tile 0/%d", from+int64(i)+1, leaves[i].id, n)
		case !bytes.Equal(leaves[i].leaf[:], hashes[at:at+tlog.HashSize]):
			c.fault("entry", "entry %d (%s) is not the one of which tile 0/%d holds the leaf", from+int64(i)+1, leaves[i].id, n)
		}
	}
}

// fits reports whether a full tile has its hash in the tile above.
func (c *treeCheck) fits(level int, n int64, hashes []byte) bool {
	above := c.tiles[tilePlace{level + 1, n / leavesInTile}]
	at := int(n%leavesInTile) * tlog.HashSize
	root := (journal.Tile{Hashes: hashes}).Root()
	return len(above) >= at+tlog.HashSize && bytes.Equal(root[:], above[at:at+tlog.HashSize])
}

// note keeps what an entry says about others and whether it is whole.
func (c *treeCheck) note(k *journal.Kept) {
	if !k.Whole() {
		c.fault("entry", "entry %d (%s) lacks its salt, its body or the sum of both", k.Seq, k.ID)
	}
	c.noteDocuments(k)
	if len(k.Digest) == 0 && k.Verb != journal.EraseVerb && k.Verb != journal.KeyVerb {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(k.Digest) > 0 {
		c.dropped[k.ID] = k.Seq
		c.report.Erased++
	}
	var body map[string]string
	if json.Unmarshal([]byte(k.Body), &body) != nil { // then its leaf differs as well
		return
	}
	switch k.Verb {
	case journal.EraseVerb:
		for text := range strings.SplitSeq(body[journal.Erased], ",") {
			if id, err := uuid.Parse(text); err == nil {
				c.named[id] = true
			}
		}
	case journal.KeyVerb:
		c.keyed[body[journal.Key]] = true
	}
}

// upper compares each full tile with its hash in the tile above, and the tiles
// that are there with those that there must be.
func (c *treeCheck) upper() {
	for at, hashes := range c.tiles {
		want := journal.TileSize(c.size, at.level, at.n)
		if len(hashes) != want {
			c.fault("tile", "tile %d/%d has %d bytes, want %d", at.level, at.n, len(hashes), want)
			continue
		}
		if want == journal.TileBytes && !c.fits(at.level, at.n, hashes) {
			c.fault("tile", "tile %d/%d and tile %d/%d do not fit", at.level, at.n, at.level+1, at.n/leavesInTile)
		}
	}
	for level := 0; journal.TileSize(c.size, level, 0) > 0; level++ {
		for n := int64(0); journal.TileSize(c.size, level, n) > 0; n++ {
			if _, there := c.tiles[tilePlace{level, n}]; !there {
				c.fault("tile", "tile %d/%d is missing", level, n)
			}
		}
	}
}

// erasures: what lost its body did so with an entry that says it.
func (c *treeCheck) erasures() {
	for id, seq := range c.dropped {
		if !c.named[id] {
			c.fault("erasure", "entry %d (%s) has lost its body, and no entry says so", seq, id)
		}
	}
}

// seals compares the checkpoints with the tree, and the keys with the journal.
func (c *treeCheck) seals(old string) {
	for i, key := range c.report.Keys {
		if i > 0 && !c.keyed[key] {
			c.fault("key", "no entry says that checkpoints are signed with %s", key)
		}
	}
	read := journal.Tiles(func(level int, n int64) ([]byte, error) { return c.tiles[tilePlace{level, n}], nil })
	good, last := int64(0), int64(0) // under the last checkpoint that fits; time of the last
	for _, row := range c.notes {
		c.report.Checkpoints++
		cp, known, err := journal.OpenCheckpoint(row.note, c.report.Keys)
		switch root, treeErr := c.root(cp.Size, read); {
		case err != nil:
			c.fault("checkpoint", "the checkpoint over %d entries cannot be read: %v", row.size, err)
		case !known:
			c.fault("checkpoint", "no key of this journal signed the checkpoint over %d entries", row.size)
		case cp.Size != row.size || cp.Origin != journal.Origin(c.db.id):
			c.fault("checkpoint", "the checkpoint over %d entries is one over %d of %s", row.size, cp.Size, cp.Origin)
		case cp.At < last:
			c.fault("checkpoint", "the checkpoint over %d entries is older than the one before", row.size)
		case treeErr != nil || root != cp.Root:
			c.fault("checkpoint", "the tree is not that of the checkpoint over %d entries: something among entries %d to %d or in their tiles was altered", row.size, good+1, row.size)
		default:
			good, last = cp.Size, cp.At
			c.report.Sealed = cp.Size
		}
	}
	if old == "" {
		return
	}
	cp, known, err := journal.OpenCheckpoint(old, c.report.Keys)
	if err != nil {
		c.fault("old", "the file holds no checkpoint: %v", err)
		return
	}
	c.report.Old = &cp
	if cp.Origin != journal.Origin(c.db.id) {
		c.fault("old", "the checkpoint that was kept is one of another journal: %s", cp.Origin)
		return
	}
	if !known {
		c.fault("old", "no key of this journal signed the checkpoint that was kept, over %d entries", cp.Size)
	}
	if root, err := c.root(cp.Size, read); err != nil || root != cp.Root {
		c.fault("old", "the journal does not continue the checkpoint that was kept: it was rewritten somewhere among entries 1 to %d", cp.Size)
	}
}

var errShort = errors.New("the tree has fewer leaves")

func (c *treeCheck) root(size int64, read journal.Tiles) (tlog.Hash, error) {
	if size > c.size {
		return tlog.Hash{}, fmt.Errorf("%w: %d", errShort, c.size)
	}
	return tlog.TreeHash(size, read)
}

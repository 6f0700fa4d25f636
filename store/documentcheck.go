package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"datai/document"
	"datai/journal"

	"github.com/google/uuid"
)

// namedDocument is a document that the entry of a step names by its hash.
type namedDocument struct {
	seq  int64
	of   uuid.UUID
	hash [32]byte
}

// noteDocuments keeps which documents an entry names, as come or as forgotten.
func (c *treeCheck) noteDocuments(k *journal.Kept) {
	for key, list := range map[string]*[]namedDocument{journal.Documents: &c.documents, journal.Dropped: &c.forgotten} {
		for _, hash := range documentsIn(k.Body, key) {
			c.mu.Lock()
			*list = append(*list, namedDocument{k.Seq, k.Subject, hash})
			c.mu.Unlock()
		}
	}
}

// documentsIn are the hashes of the documents that the body of an entry names under
// a key. A body that is no JSON names none, and differs from its leaf as well.
func documentsIn(text, key string) (hashes [][32]byte) {
	if !strings.Contains(text, `"`+key+`":"`) {
		return nil
	}
	var body map[string]string
	if json.Unmarshal([]byte(text), &body) != nil {
		return nil
	}
	for name := range strings.FieldsSeq(body[key]) {
		if hash, err := hex.DecodeString(name); err == nil {
			hashes = append(hashes, hashOf(hash))
		}
	}
	return hashes
}

// verifyDocuments reads the content of every document that an entry names and
// compares it with its hash, unless another entry says that it was forgotten, and
// looks for documents of steps that no entry names.
func (c *treeCheck) verifyDocuments(ctx context.Context) error {
	return c.db.Read(ctx, func(tx *Tx) error {
		type place struct {
			of   uuid.UUID
			hash [32]byte
		}
		named, gone := map[place]bool{}, map[place]bool{}
		for _, d := range c.forgotten {
			gone[place{d.of, d.hash}] = true
		}
		// Entries that came since the others were read, or have no number yet.
		if err := tx.each(ctx, func(s scanner) error {
			var of uuid.UUID
			var body string
			if err := s.Scan(&of, &body); err != nil {
				return err
			}
			for _, hash := range documentsIn(body, journal.Documents) {
				named[place{of, hash}] = true
			}
			for _, hash := range documentsIn(body, journal.Dropped) {
				gone[place{of, hash}] = true
			}
			return nil
		}, "SELECT subject, body FROM entry WHERE seq = 0 OR seq > ?", c.size); err != nil {
			return err
		}
		for _, d := range c.documents {
			named[place{d.of, d.hash}] = true
			what := fmt.Sprintf("the document with SHA-256 %x of entry %d", d.hash, d.seq)
			var size int64
			ok, err := tx.one(ctx, []any{&size}, "SELECT size FROM document WHERE hash = ? AND case_id = ? AND event > 0 ORDER BY id LIMIT 1", d.hash[:], d.of)
			if err != nil {
				return err
			}
			if !ok && gone[place{d.of, d.hash}] { // an entry says that it was forgotten
				continue
			}
			if !ok {
				c.fault("document", "%s is missing", what)
				continue
			}
			wrong, err := tx.wrongContent(ctx, d.hash, size)
			if err != nil {
				return err
			}
			if wrong != "" {
				c.fault("document", "%s %s", what, wrong)
			}
			c.report.Documents++
		}
		if c.report.Erased > 0 { // an erased entry may have named any
			return nil
		}
		return tx.each(ctx, func(s scanner) error {
			var id, of uuid.UUID
			var hash []byte
			if err := s.Scan(&id, &of, &hash); err != nil {
				return err
			}
			if !named[place{of, hashOf(hash)}] {
				c.fault("document", "no entry names the document %s with SHA-256 %x", id, hash)
			}
			return nil
		}, "SELECT id, case_id, hash FROM document WHERE event > 0 ORDER BY id")
	})
}

// wrongContent says what is wrong with the content of that hash and size, "" if
// nothing is.
func (tx *Tx) wrongContent(ctx context.Context, hash [32]byte, size int64) (string, error) {
	sum := sha256.New()
	n, read, wrong := 0, int64(0), ""
	err := tx.each(ctx, func(s scanner) error {
		var at int
		var id uuid.UUID
		var sealed []byte
		if err := s.Scan(&at, &id, &sealed); err != nil {
			return err
		}
		part, err := tx.db.seal.open(sealed, id)
		switch {
		case wrong != "":
		case at != n:
			wrong = fmt.Sprintf("lacks part %d", n)
		case err != nil:
			wrong = fmt.Sprintf("was altered in part %d, which does not open", n)
		}
		sum.Write(part)
		n, read = n+1, read+int64(len(part))
		return nil
	}, "SELECT n, id, content FROM document_part WHERE hash = ? ORDER BY n", hash[:])
	switch {
	case err != nil || wrong != "":
	case int64(n)*document.PartSize < size:
		wrong = fmt.Sprintf("lacks part %d", n)
	case read != size || !bytes.Equal(sum.Sum(nil), hash[:]):
		wrong = "was altered"
	}
	return wrong, err
}

package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"
)

// Documents is what the entry of a step with which documents came says in its
// body: their SHA-256 in hexadecimal, separated by spaces. The verification reads
// their contents.
const Documents = "documents"

// Dropped is what the entry of a step says in its body that forgot documents which
// had come with earlier steps: the same, of them.
const Dropped = "dropped"

// Entries that the verification reads. One with EraseVerb says which entries lost
// their body: Erased names their ids, separated by commas. One with KeyVerb says
// that checkpoints are signed with the public key Key from then on.
const (
	EraseVerb = "entry.erase"
	Erased    = "entries"
	KeyVerb   = "seal.key"
	Key       = "key"
)

// saltSize is how many bytes the salt of an entry has until it is erased.
const saltSize = len(Entry{}.Salt)

// Kept is an entry as the database keeps it, byte for byte: what a leaf of the
// tree is made of.
type Kept struct {
	ID      uuid.UUID
	Seq     int64 // 0 until numbered
	At      int64 // unix ms
	Actor   uuid.UUID
	Role    string
	Verb    string
	Kind    string
	Subject uuid.UUID
	Body    string // JSON, "{}" once erased
	Salt    []byte // 16 bytes, none once erased
	Digest  []byte // SHA-256 of salt and body once both are erased, none before
}

// Whole reports whether the entry has its body and salt, or has lost both.
func (k *Kept) Whole() bool {
	if len(k.Digest) == 0 {
		return len(k.Salt) == saltSize
	}
	return len(k.Digest) == sha256.Size && len(k.Salt) == 0 && k.Body == "{}"
}

// Sum is the SHA-256 of the salt followed by the body, which stays when both
// are erased.
func (k *Kept) Sum() [sha256.Size]byte {
	if len(k.Digest) == sha256.Size {
		return [sha256.Size]byte(k.Digest)
	}
	text := make([]byte, 0, 512)
	return sha256.Sum256(append(append(text, k.Salt...), k.Body...))
}

// recordName begins every record, so that another form can follow.
const recordName = "datai entry 1"

// Record is the text of which the leaf is the hash: a line each for its form,
// id, time, actor, role, verb, kind, subject and Sum in hexadecimal. None of
// them but the last can be erased, and none holds a line break.
func (k *Kept) Record() []byte {
	b := make([]byte, 0, 320)
	b = append(append(b, recordName...), '\n')
	b = append(appendID(b, k.ID), '\n')
	b = append(strconv.AppendInt(b, k.At, 10), '\n')
	b = append(appendID(b, k.Actor), '\n')
	b = append(append(b, k.Role...), '\n')
	b = append(append(b, k.Verb...), '\n')
	b = append(append(b, k.Kind...), '\n')
	b = append(appendID(b, k.Subject), '\n')
	sum := k.Sum()
	return append(hex.AppendEncode(b, sum[:]), '\n')
}

// appendID appends the usual text of an id.
func appendID(b []byte, id uuid.UUID) []byte {
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return b
}

// Leaf is the hash of the record as RFC 6962 hashes a leaf.
func (k *Kept) Leaf() tlog.Hash { return tlog.RecordHash(k.Record()) }

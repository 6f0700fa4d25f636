package journal

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// ProofFormat begins every proof, so that another form can follow.
const ProofFormat = "datai journal proof 1"

// Proof shows that an entry is under a checkpoint. Whoever has a public key of
// the journal checks it with published tools alone, such as the packages tlog
// and note of golang.org/x/mod/sumdb:
//
//  1. SHA-256 of Salt and Body is the last line of Record; an entry that was
//     erased has neither, and its proof is whole without them.
//  2. Leaf is SHA-256 of a zero byte and Record (RFC 6962, 2.1).
//  3. Hashes are the audit path of the leaf number Index (counted from 0) in a
//     tree of Size leaves (RFC 6962, 2.1.1), whose root stands in Checkpoint.
//  4. Checkpoint is a note that one of Keys signed.
type Proof struct {
	Format     string      `json:"format"`
	Number     int64       `json:"number"` // of the entry, counted from 1
	Record     string      `json:"record"`
	Salt       []byte      `json:"salt,omitempty"` // base64
	Body       string      `json:"body,omitempty"`
	Index      int64       `json:"index"`
	Size       int64       `json:"size"`
	Leaf       tlog.Hash   `json:"leaf"`
	Hashes     []tlog.Hash `json:"hashes"`
	Checkpoint string      `json:"checkpoint"`
	Keys       []string    `json:"keys"`
}

// Prove makes the proof of an entry under a checkpoint that covers it.
func Prove(k *Kept, under Signed, read Tiles) (Proof, error) {
	p := Proof{Format: ProofFormat, Number: k.Seq, Record: string(k.Record()), Index: k.Seq - 1, Size: under.Size, Leaf: k.Leaf(), Checkpoint: under.Note, Keys: under.Keys}
	if len(k.Digest) == 0 {
		p.Salt, p.Body = append([]byte{}, k.Salt...), k.Body
	}
	path, err := tlog.ProveRecord(under.Size, p.Index, read)
	if err != nil {
		return p, fmt.Errorf("journal: prove: %w", err)
	}
	p.Hashes = path
	if err := p.Check(); err != nil {
		return p, err
	}
	return p, nil
}

var errProof = errors.New("journal: the proof does not hold")

// Check checks the proof; it says nothing of whose the keys in it are.
func (p Proof) Check() error {
	c, known, err := OpenCheckpoint(p.Checkpoint, p.Keys)
	switch {
	case err != nil:
		return err
	case !known || c.Size != p.Size:
		return fmt.Errorf("%w: the checkpoint is another", errProof)
	case tlog.RecordHash([]byte(p.Record)) != p.Leaf:
		return fmt.Errorf("%w: the leaf is another", errProof)
	}
	if err := tlog.CheckRecord(p.Hashes, p.Size, c.Root, p.Index, p.Leaf); err != nil {
		return fmt.Errorf("%w: %w", errProof, err)
	}
	if len(p.Salt) == 0 && p.Body == "" {
		return nil
	}
	sum := (&Kept{Salt: p.Salt, Body: p.Body}).Sum()
	if want := fmt.Sprintf("\n%x\n", sum); len(p.Record) < len(want) || p.Record[len(p.Record)-len(want):] != want {
		return fmt.Errorf("%w: salt and body are others", errProof)
	}
	return nil
}

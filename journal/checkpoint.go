package journal

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says how large the tree was at a time and which hash stood at its
// root. Its text is that of C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint):
// a line each for the origin, the number of leaves, the root in base64 and, as
// the one extension line, the time; it is signed as a note
// (golang.org/x/mod/sumdb/note) with Ed25519.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	At     int64 // unix ms
}

// Signed is a checkpoint with its note; Size is 0 where there is none yet.
type Signed struct {
	Checkpoint
	Note string
	Keys []string // by one of which it is opened
}

// Origin names the journal of a database; it is the name of its keys as well.
func Origin(database uuid.UUID) string { return "datai/journal/" + database.String() }

const checkpointTime = "2006-01-02T15:04:05.000Z07:00"

// Text is what is signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]),
		time.UnixMilli(c.At).UTC().Format(checkpointTime))
}

// Sign makes the note.
func (c Checkpoint) Sign(key note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: c.Text()}, key)
	if err != nil {
		return "", fmt.Errorf("journal: sign checkpoint: %w", err)
	}
	return string(signed), nil
}

var errCheckpoint = errors.New("journal: this is no checkpoint")

// OpenCheckpoint reads a note and checks that one of the keys signed it; known
// is false, and the checkpoint there, if none of them did.
func OpenCheckpoint(signed string, keys []string) (c Checkpoint, known bool, err error) {
	var list []note.Verifier
	for _, k := range keys {
		v, err := note.NewVerifier(k)
		if err != nil {
			return c, false, fmt.Errorf("journal: key: %w", err)
		}
		list = append(list, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(list...))
	if other, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		c, err = parseCheckpoint(other.Note.Text)
		return c, false, err
	}
	if err != nil {
		return c, false, fmt.Errorf("%w: %w", errCheckpoint, err)
	}
	for _, s := range n.Sigs { // one text for one signature
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return c, false, fmt.Errorf("%w: %w", errCheckpoint, err)
		}
	}
	c, err = parseCheckpoint(n.Text)
	return c, err == nil, err
}

// PublicKey is the key by which the notes of a secret key are opened, both as
// the package note writes them.
func PublicKey(secret string) (string, error) {
	// PRIVATE+KEY+name+hash+base64(algorithm, seed)
	parts := strings.Split(secret, "+")
	if len(parts) < 5 {
		return "", errors.New("journal: this is no secret key")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(parts[4:], "+"))
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errors.New("journal: this is no secret key")
	}
	public := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	return note.NewEd25519VerifierKey(parts[2], public)
}

// FindCheckpoint cuts the first checkpoint out of a text, such as a mail; a text
// in which there is none comes back as it is.
func FindCheckpoint(text string) string {
	from := strings.Index("\n"+text, "\ndatai/journal/")
	if from < 0 {
		return text
	}
	rest := text[from:]
	_, signature, ok := strings.Cut(rest, "\n\n\u2014 ")
	if !ok {
		return text
	}
	line, _, _ := strings.Cut(signature, "\n")
	return rest[:len(rest)-len(signature)] + line + "\n"
}

func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 5 {
		return c, errCheckpoint
	}
	c.Origin = lines[0]
	size, err1 := strconv.ParseInt(lines[1], 10, 64)
	root, err2 := base64.StdEncoding.DecodeString(lines[2])
	at, err3 := time.Parse(checkpointTime, lines[3])
	if err1 != nil || err2 != nil || err3 != nil || size < 0 || len(root) != tlog.HashSize {
		return c, errCheckpoint
	}
	c.Size, c.Root, c.At = size, tlog.Hash(root), at.UnixMilli()
	if c.Text() != text { // one text for one checkpoint
		return c, errCheckpoint
	}
	return c, nil
}

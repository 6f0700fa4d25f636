// Package ops keeps an installation alive: backup, restore, verification of
// both, and the doctor that says what is wrong with a machine.
//
// A backup is a zip file. It holds one file of JSON Lines a table, each line an
// array with the values of a row: text as text, numbers as numbers, bytes and
// ids in base64, NULL as null; the columns are those that the manifest names.
// Rows stand in the order of the primary key, so that two databases with the
// same content have the same files, whichever of the two kinds they are. What
// is encrypted in the database is encrypted in the backup with the same key,
// which is not in it unless somebody asks for that.
//
// The manifest comes last and says of every file how many rows and bytes it has
// and their SHA-256. A tag over the manifest, made with a key that is derived
// from the secret key, shows that nobody without that key has altered it.
package ops

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/store"

	"filippo.io/age"
	"github.com/google/uuid"
)

// Format is the version of the form described above.
const Format = 1

// Names of the files in a backup beside those of the tables.
const (
	manifestName = "manifest.json"
	tagName      = "manifest.hmac"
	keyName      = "secret.key.age"
	tableFolder  = "tables/"
	tableSuffix  = ".jsonl"
)

// Bounds of what is read from a file that somebody hands in.
const (
	maxManifest = 4 << 20
	maxLine     = 64 << 20 // a row
)

// Manifest says what a backup holds.
type Manifest struct {
	Format   int       `json:"format"`
	Datai    string    `json:"datai"`  // version of the program
	Schema   int64     `json:"schema"` // number of the last migration
	Database uuid.UUID `json:"database"`
	Epoch    int64     `json:"epoch"`
	Feed     int64     `json:"feed"` // number of the last numbered change
	Taken    time.Time `json:"taken"`
	Kind     string    `json:"kind"`      // database that it was taken from: sqlite or postgres
	KeyProof string    `json:"key_proof"` // shows which secret key belongs to it
	Tables   []File    `json:"tables"`
}

// File is what a backup holds of one table.
type File struct {
	store.Table
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Rows is how many rows all tables have together.
func (m Manifest) Rows() (n int64) {
	for _, f := range m.Tables {
		n += f.Rows
	}
	return n
}

// tag is what only the holder of the secret key can make of a manifest.
func tag(key [32]byte, manifest []byte) ([]byte, error) {
	own, err := hkdf.Key(sha256.New, key[:], nil, "datai backup manifest 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("ops: tag: %w", err)
	}
	mac := hmac.New(sha256.New, own)
	mac.Write(manifest)
	return mac.Sum(nil), nil
}

// Archive is an open backup.
type Archive struct {
	Manifest Manifest
	file     *zip.ReadCloser
	manifest []byte
	entries  map[string]*zip.File
}

// Open opens a backup and checks its form, not yet its content. Invalid if it is
// no backup, is cut short, or of a form that this program does not know.
func Open(path string) (*Archive, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, catalog.Refuse(catalog.Invalid, "backup.unreadable").Because(err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "backup.no_backup").Because(err)
	}
	a := &Archive{file: z, entries: map[string]*zip.File{}}
	if err := a.read(); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

func damaged(err error) error { return catalog.Refuse(catalog.Invalid, "backup.damaged").Because(err) }

func (a *Archive) read() (err error) {
	for _, f := range a.file.File {
		if a.entries[f.Name] != nil {
			return damaged(fmt.Errorf("%s is there twice", f.Name))
		}
		a.entries[f.Name] = f
	}
	if a.entries[manifestName] == nil {
		return catalog.Refuse(catalog.Invalid, "backup.no_backup")
	}
	if a.manifest, err = a.small(manifestName); err != nil {
		return err
	}
	var form struct{ Format int }
	if err := json.Unmarshal(a.manifest, &form); err != nil || form.Format == 0 {
		return catalog.Refuse(catalog.Invalid, "backup.no_backup").Because(err)
	}
	if form.Format != Format {
		return catalog.Refuse(catalog.Invalid, "backup.format", "format", strconv.Itoa(form.Format), "known", strconv.Itoa(Format))
	}
	d := json.NewDecoder(bytes.NewReader(a.manifest))
	d.DisallowUnknownFields()
	if err := d.Decode(&a.Manifest); err != nil {
		return damaged(err)
	}
	want := []string{manifestName, tagName}
	for _, f := range a.Manifest.Tables {
		want = append(want, tableFolder+f.Name+tableSuffix)
	}
	if a.entries[keyName] != nil {
		want = append(want, keyName)
	}
	if len(want) != len(a.entries) {
		return damaged(fmt.Errorf("%d files, want %d", len(a.entries), len(want)))
	}
	for _, name := range want {
		if a.entries[name] == nil {
			return damaged(fmt.Errorf("%s is missing", name))
		}
	}
	return nil
}

// small reads a whole file of the archive.
func (a *Archive) small(name string) ([]byte, error) {
	r, err := a.entries[name].Open()
	if err != nil {
		return nil, damaged(err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = fmt.Errorf("%s is too large", name)
	}
	if err != nil {
		return nil, damaged(err)
	}
	return text, nil
}

// Authentic checks that key is the secret key of the backup and that the
// manifest is as whoever held that key wrote it. Invalid if not.
func (a *Archive) Authentic(key [32]byte) error {
	if !store.OpensWith(key, a.Manifest.Database, a.Manifest.KeyProof) {
		return catalog.Refuse(catalog.Invalid, "backup.other_key")
	}
	written, err := a.small(tagName)
	if err != nil {
		return err
	}
	want, err := tag(key, a.manifest)
	if err != nil {
		return err
	}
	if got, err := hex.DecodeString(strings.TrimSpace(string(written))); err != nil || !hmac.Equal(got, want) {
		return catalog.Refuse(catalog.Invalid, "backup.altered").Because(err)
	}
	return nil
}

// SecretKey is the text of the secret key file, if the backup was made with it.
// Invalid if it was not, or if the passphrase is another.
func (a *Archive) SecretKey(passphrase string) ([]byte, error) {
	if a.entries[keyName] == nil {
		return nil, catalog.Refuse(catalog.Invalid, "backup.no_key")
	}
	sealed, err := a.small(keyName)
	if err != nil {
		return nil, err
	}
	who, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "backup.passphrase").Because(err)
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), who)
	if err != nil {
		return nil, catalog.Refuse(catalog.Invalid, "backup.passphrase").Because(err)
	}
	text, err := io.ReadAll(io.LimitReader(r, 1<<10))
	if err != nil {
		return nil, damaged(err)
	}
	return text, nil
}

// Check reads everything and compares it with the manifest. Invalid if it
// differs.
func (a *Archive) Check(ctx context.Context) error {
	for _, f := range a.Manifest.Tables {
		if err := a.rows(ctx, f.Table, func([]any) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// rows calls fn for every row of a table; what differs from the manifest is an
// error, at the latest after the last row.
func (a *Archive) rows(ctx context.Context, t store.Table, fn func([]any) error) error {
	at := slices.IndexFunc(a.Manifest.Tables, func(f File) bool { return f.Name == t.Name })
	if at < 0 {
		return damaged(fmt.Errorf("no table %s", t.Name))
	}
	f := a.Manifest.Tables[at]
	r, err := a.entries[tableFolder+f.Name+tableSuffix].Open()
	if err != nil {
		return damaged(err)
	}
	defer r.Close()
	sum := sha256.New()
	lines := bufio.NewReaderSize(io.TeeReader(io.LimitReader(r, f.Bytes+1), sum), 1<<16)
	var n int64
	for ; ; n++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(fmt.Errorf("%s: row %d: %w", f.Name, n+1, err))
		}
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := decodeRow(line, f.Columns)
		if err != nil {
			return damaged(fmt.Errorf("%s: row %d: %w", f.Name, n+1, err))
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); n != f.Rows || got != f.SHA256 {
		return damaged(fmt.Errorf("%s: %d rows with SHA-256 %s, want %d with %s", f.Name, n, got, f.Rows, f.SHA256))
	}
	return nil
}

var errLong = errors.New("the line is too long")

// readLine returns a line with its end, io.EOF after the last one.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, errLong
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// decodeRow reads what encodeRow wrote.
func decodeRow(line []byte, columns []store.Column) ([]any, error) {
	var row []any
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&row); err != nil {
		return nil, err
	}
	if len(row) != len(columns) {
		return nil, fmt.Errorf("%d values, want %d", len(row), len(columns))
	}
	for i, c := range columns {
		if row[i] == nil {
			continue
		}
		var err error
		switch v := row[i].(type) {
		case string:
			if c.Kind == store.BytesColumn {
				row[i], err = base64.StdEncoding.DecodeString(v)
			} else if c.Kind != store.TextColumn {
				err = errors.New("is text")
			}
		case json.Number:
			if c.Kind != store.IntColumn {
				err = errors.New("is a number")
			} else {
				row[i], err = v.Int64()
			}
		default:
			err = errors.New("is neither text nor number")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	return row, nil
}

// encodeRow is the line of a row; json writes bytes in base64.
func encodeRow(row []any) ([]byte, error) {
	line, err := json.Marshal(row)
	return append(line, '\n'), err
}

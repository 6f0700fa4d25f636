package ops

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/journal"
	"datai/store"

	"filippo.io/age"
	"github.com/google/uuid"
)

// Installation is what is backed up.
type Installation struct {
	DB      *store.DB
	Key     [32]byte // the secret key
	Version string   // of the program
	Now     func() time.Time
	Rand    io.Reader
}

// Summary says what a backup became.
type Summary struct {
	File   string    `json:"file"`
	Taken  time.Time `json:"taken"`
	Feed   int64     `json:"feed"`
	Rows   int64     `json:"rows"`
	Bytes  int64     `json:"bytes"`
	SHA256 string    `json:"sha256"` // of the file
}

// Backup writes a backup of one snapshot to path, with the secret key in it,
// encrypted, if passphrase is not empty. If path is a folder, the file gets a
// name of its own in it. Nothing stands under the name before all of it is on
// the disk; a file that is there is not overwritten (Invalid).
func (in Installation) Backup(ctx context.Context, path, passphrase string) (Summary, error) {
	taken := in.Now()
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		id, _, err := in.DB.Identity(ctx)
		if err != nil {
			return Summary{}, err
		}
		path = filepath.Join(path, FileName(id, taken))
	}
	if _, err := os.Lstat(path); err == nil {
		return Summary{}, catalog.Refuse(catalog.Invalid, "backup.exists", "file", path)
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return Summary{}, catalog.Refuse(catalog.Invalid, "backup.unwritable", "folder", dir).Because(err)
	}
	s := Summary{File: path, Taken: taken.UTC()}
	// The number of the feed says more when nothing waits for one.
	err = errors.Join(in.DB.Sequence(ctx), in.write(ctx, f, &s, passphrase))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return Summary{}, errors.Join(fmt.Errorf("backup: %w", err), os.Remove(f.Name()))
	}
	if err := syncFolder(dir); err != nil {
		return Summary{}, fmt.Errorf("backup: %w", err)
	}
	return s, in.record(ctx, s)
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// record notes in the journal and for the doctor that there is a backup.
func (in Installation) record(ctx context.Context, s Summary) error {
	id, _, err := in.DB.Identity(ctx)
	if err != nil {
		return err
	}
	e, err := journal.New(in.Rand, s.Taken.UnixMilli(), uuid.Nil, "console", "database.backup", "database")
	if err != nil {
		return err
	}
	e.Subject = id
	e.Body = map[string]string{"feed": strconv.FormatInt(s.Feed, 10), "rows": strconv.FormatInt(s.Rows, 10),
		"bytes": strconv.FormatInt(s.Bytes, 10), "sha256": s.SHA256}
	return in.DB.Write(ctx, func(tx *store.Tx) error {
		if err := tx.BackedUp(ctx, s.Taken.UnixMilli()); err != nil {
			return err
		}
		return tx.Append(ctx, e)
	})
}

// write writes the backup and fills in the rest of the summary.
func (in Installation) write(ctx context.Context, w io.Writer, s *Summary, passphrase string) error {
	whole := sha256.New()
	counted := &counter{w: io.MultiWriter(w, whole)}
	z := zip.NewWriter(counted)
	m := Manifest{Format: Format, Datai: in.Version, Taken: s.Taken, Kind: in.DB.Kind()}
	var err error
	if m.Database, m.Epoch, err = in.DB.Identity(ctx); err != nil {
		return err
	}
	if err := in.DB.Read(ctx, func(tx *store.Tx) error { return dump(ctx, tx, z, &m) }); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	sum, err := tag(in.Key, text)
	if err != nil {
		return err
	}
	if passphrase != "" {
		if err := addKey(z, in.Key, passphrase); err != nil {
			return err
		}
	}
	if err := errors.Join(add(z, tagName, []byte(hex.EncodeToString(sum)+"\n")), add(z, manifestName, text), z.Close()); err != nil {
		return err
	}
	s.Feed, s.Rows, s.Bytes, s.SHA256 = m.Feed, m.Rows(), counted.n, hex.EncodeToString(whole.Sum(nil))
	return nil
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func add(z *zip.Writer, name string, text []byte) error {
	w, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// addKey adds the secret key as the file that it is, encrypted with a
// passphrase as the program age does it.
func addKey(z *zip.Writer, key [32]byte, passphrase string) error {
	who, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, who)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(hex.EncodeToString(key[:]) + "\n")); err != nil {
		return err
	}
	return errors.Join(w.Close(), add(z, keyName, sealed.Bytes()))
}

// dump writes every table of the snapshot that tx sees.
func dump(ctx context.Context, tx *store.Tx, z *zip.Writer, m *Manifest) (err error) {
	if m.Schema, err = tx.Schema(ctx); err != nil {
		return err
	}
	if m.Feed, err = tx.Feed(ctx); err != nil {
		return err
	}
	if m.KeyProof, err = tx.KeyProof(ctx); err != nil {
		return err
	}
	tables, err := tx.Tables(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		w, err := z.Create(tableFolder + t.Name + tableSuffix)
		if err != nil {
			return err
		}
		sum := sha256.New()
		out := &counter{w: io.MultiWriter(w, sum)}
		f := File{Table: t}
		err = tx.Dump(ctx, t, func(row []any) error {
			line, err := encodeRow(row)
			if err != nil {
				return err
			}
			f.Rows++
			_, err = out.Write(line)
			return err
		})
		if err != nil {
			return err
		}
		f.Bytes, f.SHA256 = out.n, hex.EncodeToString(sum.Sum(nil))
		m.Tables = append(m.Tables, f)
	}
	return nil
}

// ParseKey reads the text of a key file: 64 hexadecimal digits.
func ParseKey(text []byte) (key [32]byte, ok bool) {
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != len(key) {
		return key, false
	}
	return [32]byte(raw), true
}

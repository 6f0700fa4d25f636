package journal_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"datai/journal"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// forest keeps tiles in memory.
type forest map[[2]int64][]byte

func (f forest) read(level int, n int64) ([]byte, error) { return f[[2]int64{int64(level), n}], nil }

func (f forest) grow(t interface{ Fatal(...any) }, size int64, leaves []tlog.Hash) {
	grown, err := journal.Grow(size, leaves, f.read)
	if err != nil {
		t.Fatal(err)
	}
	for _, tile := range grown {
		f[[2]int64{int64(tile.Level), tile.N}] = tile.Hashes
	}
}

// TestTilesAreThoseOfTheLog compares the tiles, grown in any steps, with the
// hashes that tlog itself stores.
func TestTilesAreThoseOfTheLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := forest{}
		var stored []tlog.Hash
		reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
			out := make([]tlog.Hash, len(at))
			for i, n := range at {
				out[i] = stored[n]
			}
			return out, nil
		})
		size := int64(0)
		for _, step := range rapid.SliceOfN(rapid.IntRange(1, 700), 1, 4).Draw(t, "steps") {
			leaves := make([]tlog.Hash, step)
			for i := range leaves {
				leaves[i] = tlog.RecordHash(fmt.Append(nil, size+int64(i)))
			}
			f.grow(t, size, leaves)
			for i, h := range leaves {
				more, err := tlog.StoredHashesForRecordHash(size+int64(i), h, reader)
				if err != nil {
					t.Fatal(err)
				}
				stored = append(stored, more...)
			}
			size += int64(step)
			want, err := tlog.TreeHash(size, reader)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := tlog.TreeHash(size, journal.Tiles(f.read)); err != nil || got != want {
				t.Fatalf("root over %d: %v, %v; want %v", size, got, err, want)
			}
			for at, hashes := range f {
				if want := journal.TileSize(size, int(at[0]), at[1]); len(hashes) != want {
					t.Fatalf("tile %v of %d has %d bytes, want %d", at, size, len(hashes), want)
				}
			}
		}
	})
}

func sealed(t *testing.T, n int) (proofs []journal.Proof, keys []string) {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, journal.Origin(uuid.Nil))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := journal.PublicKey(secret); err != nil || again != public {
		t.Fatalf("%q, %v; want %q", again, err, public)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	kept, leaves := make([]journal.Kept, n), make([]tlog.Hash, n)
	for i := range kept {
		kept[i] = journal.Kept{ID: uuid.New(), Seq: int64(i + 1), At: 1_800_000_000_000, Role: "officer", Verb: "need.open", Kind: "need", Subject: uuid.New(),
			Body: fmt.Sprintf(`{"code":"N-%d"}`, i), Salt: []byte(rand.Text()[:16])}
		leaves[i] = kept[i].Leaf()
	}
	sum := kept[n-1].Sum() // the last one is erased
	kept[n-1].Body, kept[n-1].Salt, kept[n-1].Digest = "{}", nil, sum[:]
	f := forest{}
	f.grow(t, 0, leaves)
	root, err := tlog.TreeHash(int64(n), journal.Tiles(f.read))
	if err != nil {
		t.Fatal(err)
	}
	s := journal.Signed{Checkpoint: journal.Checkpoint{Origin: journal.Origin(uuid.Nil), Size: int64(n), Root: root, At: 1_800_000_000_123}, Keys: []string{public}}
	if s.Note, err = s.Sign(signer); err != nil {
		t.Fatal(err)
	}
	for i := range kept {
		p, err := journal.Prove(&kept[i], s, f.read)
		if err != nil {
			t.Fatal(err)
		}
		proofs = append(proofs, p)
	}
	return proofs, s.Keys
}

// TestStrangerChecksAProof with the packages tlog and note and the JSON alone.
func TestStrangerChecksAProof(t *testing.T) {
	proofs, keys := sealed(t, 300)
	for _, p := range proofs {
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Record, Body, Checkpoint string
			Salt                     []byte
			Index, Size              int64
			Hashes                   []tlog.Hash
		}
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		verifier, err := note.NewVerifier(keys[0])
		if err != nil {
			t.Fatal(err)
		}
		signed, err := note.Open([]byte(got.Checkpoint), note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(signed.Text, "\n")
		root, err := tlog.ParseHash(lines[2])
		if err != nil || lines[1] != fmt.Sprint(got.Size) {
			t.Fatalf("%q, %v", signed.Text, err)
		}
		if err := tlog.CheckRecord(got.Hashes, got.Size, root, got.Index, tlog.RecordHash([]byte(got.Record))); err != nil {
			t.Fatal(err)
		}
		record := strings.Split(got.Record, "\n")
		if sum := sha256.Sum256(append(got.Salt, got.Body...)); got.Body != "" && hex.EncodeToString(sum[:]) != record[8] {
			t.Fatalf("salt and body do not give %s", record[8])
		}
	}
	if last := proofs[len(proofs)-1]; last.Body != "" || last.Salt != nil {
		t.Errorf("an erased entry tells %q", last.Body)
	}
}

// TestAlteredProofDoesNotHold alters every part of a proof.
func TestAlteredProofDoesNotHold(t *testing.T) {
	proofs, _ := sealed(t, 30)
	text, err := json.Marshal(proofs[7])
	if err != nil {
		t.Fatal(err)
	}
	for name, alter := range map[string]func(p *journal.Proof){
		"record": func(p *journal.Proof) { p.Record = strings.Replace(p.Record, "officer", "visitor", 1) },
		"record and leaf": func(p *journal.Proof) {
			p.Record = strings.Replace(p.Record, "officer", "visitor", 1)
			p.Leaf = tlog.RecordHash([]byte(p.Record))
		},
		"salt":       func(p *journal.Proof) { p.Salt[3] ^= 1 },
		"body":       func(p *journal.Proof) { p.Body = strings.Replace(p.Body, "7", "8", 1) },
		"index":      func(p *journal.Proof) { p.Index++ },
		"size":       func(p *journal.Proof) { p.Size-- },
		"path":       func(p *journal.Proof) { p.Hashes[1][0] ^= 1 },
		"short":      func(p *journal.Proof) { p.Hashes = p.Hashes[1:] },
		"checkpoint": func(p *journal.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n30\n", "\n31\n", 1) },
		"key":        func(p *journal.Proof) { p.Keys = nil },
		"leaf":       func(p *journal.Proof) { p.Leaf[0] ^= 1 },
	} {
		var p journal.Proof
		if err := json.Unmarshal(text, &p); err != nil {
			t.Fatal(err)
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if alter(&p); p.Check() == nil {
			t.Errorf("%s: it holds", name)
		}
	}
}

// TestCheckpointIsFoundInAMail whatever stands around it.
func TestCheckpointIsFoundInAMail(t *testing.T) {
	proofs, keys := sealed(t, 3)
	want := proofs[0].Checkpoint
	for _, text := range []string{want, "您好：\n\n" + want + "\n再见\n", "X: y\n\n" + strings.TrimSuffix(want, "\n"), want + want} {
		if got := journal.FindCheckpoint(text); got != want {
			t.Errorf("%q gives %q", text, got)
		}
	}
	for _, text := range []string{"", "datai/journal/x\n", "no checkpoint", want[:len(want)-20], strings.Replace(want, "\n3\n", "\n-3\n", 1)} {
		if _, known, err := journal.OpenCheckpoint(journal.FindCheckpoint(text), keys); err == nil && known {
			t.Errorf("%q is a checkpoint", text)
		}
	}
}

// FuzzOpenCheckpoint: what opens says the same again.
func FuzzOpenCheckpoint(f *testing.F) {
	f.Add([]byte("datai/journal/x\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n2026-11-25T00:00:00.000Z\n\n— x AAAAAAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, known, err := journal.OpenCheckpoint(journal.FindCheckpoint(string(text)), nil)
		if known || err == nil && !bytes.Contains(text, []byte(c.Text())) {
			t.Errorf("%q is %+v, %v", text, c, known)
		}
	})
}

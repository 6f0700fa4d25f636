package store

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
)

// sealFormat begins every sealed value, so that another cipher can follow.
const sealFormat = 1

// seal encrypts what must not be read in the database file: AES-256-GCM with a
// random nonce, bound to the id of the row, so that a value moved to another
// row does not open.
type seal struct {
	aead cipher.AEAD
	rand io.Reader
}

func newSeal(key [32]byte, rand io.Reader) (*seal, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("store: key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("store: key: %w", err)
	}
	return &seal{aead: aead, rand: rand}, nil
}

// close encrypts text for the row id: format, nonce, ciphertext with tag.
func (s *seal) close(text []byte, id uuid.UUID) ([]byte, error) {
	head := 1 + s.aead.NonceSize()
	out := make([]byte, head, head+len(text)+s.aead.Overhead())
	out[0] = sealFormat
	if _, err := io.ReadFull(s.rand, out[1:head]); err != nil {
		return nil, fmt.Errorf("store: seal: %w", err)
	}
	return s.aead.Seal(out, out[1:head], text, id[:]), nil
}

// open decrypts what close made for the row id.
func (s *seal) open(sealed []byte, id uuid.UUID) ([]byte, error) {
	head := 1 + s.aead.NonceSize()
	if len(sealed) < head || sealed[0] != sealFormat {
		return nil, errors.New("store: sealed value has an unknown format")
	}
	text, err := s.aead.Open(nil, sealed[1:head], sealed[head:], id[:])
	if err != nil {
		return nil, fmt.Errorf("store: unseal %s: %w", id, err)
	}
	return text, nil
}

package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// sealFormat begins every sealed value, so that another cipher can follow.
const sealFormat = 1

// seal encrypts what must not be read in the database file: AES-256-GCM with a
// nonce that the system draws, bound to the id of the row, so that a value
// moved to another row does not open.
type seal struct {
	aead cipher.AEAD
	key  []byte // of index
}

func newSeal(key [32]byte) (*seal, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("store: key: %w", err)
	}
	// The nonces do not come from Config.Rand: one that repeats gives both texts away.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("store: key: %w", err)
	}
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte("datai index 1"))
	return &seal{aead, mac.Sum(nil)}, nil
}

// close encrypts text for the row id: format, nonce, ciphertext with tag.
func (s *seal) close(text []byte, id uuid.UUID) []byte {
	return s.aead.Seal([]byte{sealFormat}, nil, text, id[:]) //nolint:gosec // that is the format in front; the nonce is drawn inside
}

// open decrypts what close made for the row id.
func (s *seal) open(sealed []byte, id uuid.UUID) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealFormat {
		return nil, errors.New("store: sealed value has an unknown format")
	}
	text, err := s.aead.Open(nil, nil, sealed[1:], id[:])
	if err != nil {
		return nil, fmt.Errorf("store: unseal %s: %w", id, err)
	}
	return text, nil
}

// index is how a sealed value of a kind is found: HMAC-SHA-256 under a key that
// is derived from the secret key, so that who has the database alone cannot try
// all telephone numbers.
func (s *seal) index(kind, value string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

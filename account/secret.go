package account

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
)

// NewSecret is what stands in the address of a link that somebody without an
// account follows: so many random bytes in base64url, and the SHA-256 of that
// text, which alone is kept.
func NewSecret(rand io.Reader, bytes int) (text string, hash [32]byte, err error) {
	raw := make([]byte, bytes)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", hash, err
	}
	text = base64.RawURLEncoding.EncodeToString(raw)
	return text, sha256.Sum256([]byte(text)), nil
}

// HashSecret is the SHA-256 of a secret of so many bytes; ok is false for a text
// that is none.
func HashSecret(text string, bytes int) (hash [32]byte, ok bool) {
	if raw, err := base64.RawURLEncoding.DecodeString(text); err != nil || len(raw) != bytes {
		return hash, false
	}
	return sha256.Sum256([]byte(text)), true
}

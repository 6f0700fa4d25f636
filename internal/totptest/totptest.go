// Package totptest is the authenticator program of tests: it makes the codes of
// RFC 6238 that a person reads from a telephone.
package totptest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// Code is the code of six digits that a program with the secret, as Base32,
// shows at a time.
func Code(secret string, at time.Time) string {
	key, err := base32.StdEncoding.DecodeString(strings.ToUpper(secret) + strings.Repeat("=", (8-len(secret)%8)%8))
	if err != nil {
		panic(err) // a test gave it
	}
	counter, _ := hex.DecodeString(fmt.Sprintf("%016x", at.Unix()/30))
	mac := hmac.New(sha1.New, key)
	mac.Write(counter)
	sum := hex.EncodeToString(mac.Sum(nil))
	offset, _ := strconv.ParseInt(sum[len(sum)-1:], 16, 0)
	n, _ := new(big.Int).SetString(sum[2*offset:2*offset+8], 16)
	n.And(n, big.NewInt(0x7fffffff)).Mod(n, big.NewInt(1_000_000))
	return fmt.Sprintf("%06d", n)
}

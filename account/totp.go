package account

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what RFC 6238 prescribes and authenticator programs speak; an HMAC does not rest on what SHA-1 has lost
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// One-time codes by the time: RFC 6238, with its defaults (section 4.1 and 1.2:
// HMAC-SHA-1, steps of 30 seconds since the Unix epoch), of 6 digits, which is
// what every authenticator program takes.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	totpSecret = 20 // bytes: RFC 4226, section 4, R6, recommends 160 bits
	// totpNear is how many steps a code may be off (RFC 6238, section 5.2: one for
	// the way), totpFar how far a clock is looked for that is wrong.
	totpNear = 1
	totpFar  = 20
)

// stepAt is the step that a time is in.
func stepAt(at time.Time) int64 { return at.Unix() / int64(totpStep/time.Second) }

// totp is the code of a step: RFC 4226, section 5.3, with the step as counter.
func totp(secret []byte, step int64, digits int) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes everything
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & 0x7fffffff
	most := uint32(1)
	for range digits {
		most *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%most)
}

// stepOf is the step nearest to now, within far of it, whose code this is; ok is
// false if there is none.
func stepOf(secret []byte, code string, now, far int64) (step int64, ok bool) {
	for off := range far + 1 {
		for _, step := range []int64{now - off, now + off} {
			if subtle.ConstantTimeCompare([]byte(totp(secret, step, totpDigits)), []byte(code)) == 1 {
				return step, true
			}
		}
	}
	return 0, false
}

// bare32 is the alphabet of RFC 4648, section 6, without padding.
var bare32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// SecretText is a secret as people type it into an authenticator program.
func SecretText(secret []byte) string { return bare32.EncodeToString(secret) }

// KeyURI is what the QR code for an authenticator program holds: the account's
// name at a site, and the secret, in the Key Uri Format of
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func KeyURI(site, name string, secret []byte) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + site + ":" + name,
		RawQuery: "secret=" + SecretText(secret) + "&issuer=" + strings.ReplaceAll(url.QueryEscape(site), "+", "%20")}
	return u.String()
}

package account

import (
	"net/url"
	"testing"
	"time"
)

// The vectors of RFC 6238, Appendix B, for SHA-1: the secret is the ASCII text,
// the codes have 8 digits.
func TestCodesAreThoseOfTheStandard(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"} {
		now := stepAt(time.Unix(at, 0))
		if got := totp(secret, now, 8); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
		// Six digits are the last ones of the same number.
		for off := range int64(4) {
			for _, clock := range []int64{now + off, now - off} {
				if step, ok := stepOf(secret, want[2:], clock, totpNear); ok != (off <= totpNear) || ok && step != now {
					t.Errorf("at %d, %d steps off: %d, %v", at, off, step, ok)
				}
			}
		}
	}
}

func TestAKeyIsWrittenForProgramsAsTheyReadIt(t *testing.T) {
	u, err := url.Parse(KeyURI("示范大学 A&B", "王 老师", []byte("Hello!\xde\xad\xbe\xef")))
	if err != nil {
		t.Fatal(err)
	}
	// The secret is the example of the format's page.
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/示范大学 A&B:王 老师" || u.Query().Get("secret") != "JBSWY3DPEHPK3PXP" || u.Query().Get("issuer") != "示范大学 A&B" {
		t.Errorf("%s", u)
	}
}

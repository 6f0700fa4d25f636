package account_test

import (
	"crypto/rand"
	"testing"
	"time"

	"datai/account"
)

func TestAChildDoesNotAgreeAlone(t *testing.T) {
	words := account.Consent{Purpose: account.ConsentPublish, Words: "同意", How: account.ConsentOnPage}
	for _, x := range []struct {
		age      int
		guardian bool
		words    string
		want     string
	}{
		{13, false, "同意", "consents.guardian"}, {0, false, "同意", "consents.guardian"}, {13, true, "同意", ""}, {14, false, "同意", ""}, {-1, false, "同意", ""},
		{-1, false, "  ", "consents.none"}, {13, true, "", "consents.none"},
	} {
		c := words
		c.Guardian, c.Words = x.guardian, x.words
		if _, err := account.NewConsent(rand.Reader, time.UnixMilli(1), x.age, c); key(err) != x.want {
			t.Errorf("%d years, guardian %v, words %q: %v, want %q", x.age, x.guardian, x.words, err, x.want)
		}
	}
}

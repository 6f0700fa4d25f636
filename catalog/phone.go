package catalog

import (
	"regexp"
	"strings"
)

// phoneAlone is what somebody writes who is asked for a number: with country or
// area code, blanks and an extension (转).
var phoneAlone = regexp.MustCompile(`^\+?[0-9][0-9 ()转-]{5,24}[0-9]$`)

// IsPhone reports whether a text can be a telephone number, and nothing else.
func IsPhone(text string) bool { return phoneAlone.MatchString(text) }

// Telephone numbers inside running text. What is public must hold none.

// The shapes are those that people write: a mobile number with or without
// country code and blanks, a line with its area code, a 400 number. A number
// glued to further digits is none: it belongs to an article or a patent.
var phonesIn = regexp.MustCompile(`(?:\+?86[- ]?)?1[ ]?[3-9][ ]?\d(?:[- ]?\d){8}|\(?0\d{2,3}\)?[- ]?\d{3,4}[- ]?\d{4}(?:[-转]\d{1,5})?|[48]00[- ]?\d{3,4}[- ]?\d{3,4}`)

// Phone is a telephone number in a text.
type Phone struct {
	From, To int    // bytes of the text as it is written
	Number   string // half-width, without blanks
	Mobile   bool
}

// PhonesIn finds telephone numbers in a text, in half-width or full-width
// digits.
func PhonesIn(text string) []Phone {
	narrow, at := narrowed(text)
	var out []Phone
	for _, m := range phonesIn.FindAllStringIndex(narrow, -1) {
		if digitAt(narrow, m[0]-1) || digitAt(narrow, m[1]) || letterAt(narrow, m[0]-1) || decimal(narrow, m[0], m[1]) {
			continue
		}
		n := strings.NewReplacer(" ", "", "(", "", ")", "").Replace(narrow[m[0]:m[1]])
		mobile := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(n, "+"), "86"), "-")
		p := Phone{From: at[m[0]], To: at[m[1]], Number: n, Mobile: mobile != "" && mobile[0] == '1'}
		if p.Mobile {
			p.Number = strings.ReplaceAll(mobile, "-", "")
		}
		out = append(out, p)
	}
	return out
}

// HasPhone reports whether a text holds a telephone number.
func HasPhone(text string) bool { return len(PhonesIn(text)) > 0 }

func digitAt(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

func letterAt(s string, i int) bool {
	return i >= 0 && i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z')
}

// decimal reports whether what stands from i to j is a part of a number with a
// point, such as 0.13800000001.
func decimal(s string, i, j int) bool {
	return i > 1 && s[i-1] == '.' && digitAt(s, i-2) || j+1 < len(s) && s[j] == '.' && digitAt(s, j+1)
}

// narrowed is the text with full-width digits and signs as half-width ones,
// and the place of each of its bytes in the text.
func narrowed(text string) (narrow string, at []int) {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == 0x3000 || r == 0xA0:
			r = ' '
		case r == '—' || r == '–' || r == '‐' || r == '‑':
			r = '-'
		}
		n, _ := b.WriteRune(r)
		for range n {
			at = append(at, i)
		}
	}
	return b.String(), append(at, len(text))
}

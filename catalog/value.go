package catalog

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// By says that somebody of the office gave a value by hand. The zero By is
// nobody: a file gave it, or nobody did.
type By struct {
	ID   uuid.UUID
	Name string // as it was then
	At   int64  // unix ms
}

// Anybody reports whether somebody did.
func (b By) Anybody() bool { return b != By{} }

// Fen is money in hundredths of a yuan.
type Fen int64

// Price is a wish as written and, where it could be read, as money.
type Price struct {
	Written    string
	Min, Max   Fen  // equal for one amount; both 0 when not stated in money
	Negotiable bool // 面议
}

// Cmp compares a measured quantity with a demanded one.
type Cmp string

// Comparisons.
const (
	Eq    Cmp = "="
	Ge    Cmp = ">="
	Gt    Cmp = ">"
	Le    Cmp = "<="
	Lt    Cmp = "<"
	Range Cmp = "range" // Value to High
)

// Indicator is one measurable demand or claim.
type Indicator struct {
	Name   string
	Cmp    Cmp
	Value  float64
	High   float64 // upper end of a Range
	Unit   string
	Method string // how it was or will be tested
}

// Fold is the form in which words are compared: full-width letters become
// half-width, case goes, and everything but letters and digits goes.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func containsFolded(folded, word string) bool { return strings.Contains(folded, word) }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

var emailShape = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)

// IsEmail reports whether a text has the shape of an e-mail address. Whether
// anybody reads what is sent there only a message tells.
func IsEmail(s string) bool { return emailShape.MatchString(s) }

// CleanLine is Clean for what stands on one line: each run of space within,
// line ends among it, is one space.
func CleanLine(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// Clean makes text from outside fit for keeping: NUL and other control
// characters but line ends and tabs go (PostgreSQL refuses NUL), invisible
// direction marks go, invalid UTF-8 becomes U+FFFD, outer space goes.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r == 0xFEFF, r == 0x200B, r >= 0x200E && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

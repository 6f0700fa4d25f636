package catalog

import "strings"

// PatentNumber checks and normalises a Chinese patent application number:
// "ZL 2019 1 0100148.5", "CN201510100000.3", "201610100037.0" become
// "201910100148.5" and so on. Twelve digits (year, kind, serial) and a check
// digit, the sum of the digits times 2 3 4 5 6 7 8 9 2 3 4 5 modulo 11, 10
// written X (China's standard ZC 0006 of patent application numbers). The old
// eight-digit numbers before October 2003 use weights 2 to 9.
// ok is false if the shape or the check digit is wrong.
func PatentNumber(written string) (number string, ok bool) {
	s := strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFEE0
		case r == ' ' || r == '\u3000' || r == '\t':
			return -1
		}
		return r
	}, written))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "ZL"), "CN")
	s = strings.TrimPrefix(s, "ZL")
	s = strings.ReplaceAll(s, "．", ".")
	digits, check, dotted := strings.Cut(s, ".")
	if !dotted {
		if len(s) != 13 && len(s) != 9 {
			return "", false
		}
		digits, check = s[:len(s)-1], s[len(s)-1:]
	}
	if (len(digits) != 12 && len(digits) != 8) || len(check) != 1 {
		return "", false
	}
	sum := 0
	for i := range len(digits) {
		d := digits[i]
		if d < '0' || d > '9' {
			return "", false
		}
		sum += int(d-'0') * (i%8 + 2)
	}
	if "0123456789X"[sum%11] != check[0] {
		return "", false
	}
	return digits + "." + check, true
}

// PatentKind is the kind of right that an application number in normal form
// names: its fifth digit (third of the old numbers), 1 and 8 invention, 2 and
// 9 utility model, 3 design.
func PatentKind(number string) RightKind {
	i := 4
	if len(number) == 10 {
		i = 2
	}
	if len(number) <= i {
		return RightOther
	}
	switch number[i] {
	case '1', '8':
		return RightInvention
	case '2', '9':
		return RightUtility
	case '3':
		return RightDesign
	}
	return RightOther
}

const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// CreditCode checks and normalises a unified social credit code: 18
// characters without I, O, S, V, Z; the last one checks the others with
// weights 3^i modulo 31 (GB 32100-2015).
func CreditCode(written string) (code string, ok bool) {
	s := strings.ToUpper(strings.Join(strings.Fields(written), ""))
	if len(s) != 18 {
		return "", false
	}
	sum, weight := 0, 1
	for i := range 17 {
		v := strings.IndexByte(creditAlphabet, s[i])
		if v < 0 {
			return "", false
		}
		sum += v * weight
		weight = weight * 3 % 31
	}
	if creditAlphabet[(31-sum%31)%31] != s[17] {
		return "", false
	}
	return s, true
}

// ORCID checks and normalises an ORCID iD: 16 characters, the last one checks
// the others (ISO 7064 MOD 11-2).
func ORCID(written string) (id string, ok bool) {
	s := strings.ToUpper(strings.TrimSpace(written))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "HTTPS://"), "HTTP://")
	s = strings.ReplaceAll(strings.TrimPrefix(s, "ORCID.ORG/"), "-", "")
	if len(s) != 16 {
		return "", false
	}
	sum := 0
	for i := range 15 {
		if s[i] < '0' || s[i] > '9' {
			return "", false
		}
		sum = (sum + int(s[i]-'0')) * 2
	}
	if "0123456789X"[(12-sum%11)%11] != s[15] {
		return "", false
	}
	return s[0:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:16], true
}

package exchange

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"
)

type format uint8

const (
	formatText format = iota
	formatZip
	formatObjects
	formatPage
	formatOld
)

// magic are the first bytes of files that are no sheets, and the refusal that
// tells what to do.
var magic = []struct{ bytes, what string }{
	{"\x89PNG", "image"}, {"\xff\xd8\xff", "image"}, {"GIF8", "image"}, {"BM", "image"}, {"II*\x00", "image"}, {"MM\x00*", "image"},
	{"%PDF", "not_sheet"}, {"Rar!", "not_sheet"}, {"7z\xbc\xaf", "not_sheet"}, {"\x1f\x8b", "not_sheet"}, {"\x7fELF", "not_sheet"}, {"MZ", "not_sheet"},
}

const head = 4096

// sniff looks at the first bytes.
func sniff(src *io.SectionReader) (format, error) {
	buf := make([]byte, head)
	n, err := src.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return 0, unusable("truncated").Because(err)
	}
	buf = buf[:n]
	if bytes.HasPrefix(buf, []byte("PK\x03\x04")) || bytes.HasPrefix(buf, []byte("PK\x05\x06")) {
		return formatZip, nil
	}
	if bytes.HasPrefix(buf, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return formatOld, encrypted(src)
	}
	text := encodingOf(buf) != unknownEncoding
	for _, m := range magic {
		// "BM" and "MZ" begin words, too; an image holds what no text holds.
		if bytes.HasPrefix(buf, []byte(m.bytes)) && !(text && len(m.bytes) == 2) {
			return 0, unusable(m.what)
		}
	}
	if !text {
		return 0, unusable("not_sheet")
	}
	return sniffText(buf)
}

// sniffText tells JSON, web pages and tables in text apart.
func sniffText(buf []byte) (format, error) {
	plain := bytes.TrimLeft(bytes.ReplaceAll(bytes.TrimPrefix(buf, []byte("\xef\xbb\xbf")), []byte{0}, nil), " \t\r\n\xff\xfe")
	lower := bytes.ToLower(plain)
	switch {
	case len(plain) == 0 && len(buf) < head:
		return 0, unusable("empty")
	case bytes.HasPrefix(plain, []byte("{")):
		return formatObjects, nil
	case bytes.HasPrefix(plain, []byte("[")) && looksLikeArray(plain):
		return 0, unusable("json_array")
	case bytes.HasPrefix(lower, []byte("<?xml")) && bytes.Contains(lower, []byte("spreadsheet")),
		bytes.HasPrefix(lower, []byte("mime-version:")):
		return 0, unusable("old_excel")
	case bytes.HasPrefix(lower, []byte("<!doctype")), bytes.HasPrefix(lower, []byte("<html")),
		bytes.HasPrefix(lower, []byte("<table")), bytes.HasPrefix(lower, []byte("<head")), bytes.HasPrefix(lower, []byte("<meta")):
		return formatPage, nil
	case bytes.HasPrefix(lower, []byte("<?xml")):
		return 0, unusable("not_sheet")
	}
	return formatText, nil
}

// looksLikeArray tells [{"title": … from a header such as [标]申请人.
func looksLikeArray(b []byte) bool {
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	return len(rest) > 0 && (rest[0] == '{' || rest[0] == '"' || rest[0] == ']')
}

// encrypted refuses an encrypted workbook. It is a compound file, as one of Excel
// 97 to 2003 is, but names a stream EncryptedPackage.
func encrypted(src *io.SectionReader) error {
	name := utf16le("EncryptedPackage")
	buf := make([]byte, 64<<10)
	keep := 0
	r := io.NewSectionReader(src, 0, src.Size())
	for {
		n, err := r.Read(buf[keep:])
		if bytes.Contains(buf[:keep+n], name) {
			return unusable("encrypted")
		}
		if err != nil {
			return nil //nolint:nilerr // reading it will tell
		}
		tail := min(len(name), keep+n)
		keep = copy(buf, buf[keep+n-tail:keep+n])
	}
}

func utf16le(s string) []byte {
	var out []byte
	for i := range len(s) {
		out = append(out, s[i], 0)
	}
	return out
}

// encoding is how a text file is written.
type encodingName uint8

const (
	unknownEncoding encodingName = iota
	utf8Encoding
	gb18030Encoding
	utf16LE
	utf16BE
)

// encodingOf guesses by the first bytes; what is no UTF-8 and has no zero bytes
// is GB18030.
func encodingOf(buf []byte) encodingName {
	switch {
	case bytes.HasPrefix(buf, []byte("\xef\xbb\xbf")):
		return utf8Encoding
	case bytes.HasPrefix(buf, []byte("\xff\xfe")):
		return utf16LE
	case bytes.HasPrefix(buf, []byte("\xfe\xff")):
		return utf16BE
	}
	var zeros [2]int
	control := 0
	for i, b := range buf {
		if b == 0 {
			zeros[i%2]++
		} else if b < ' ' && !strings.ContainsRune(plainControl, rune(b)) {
			control++
		}
	}
	all := zeros[0] + zeros[1]
	switch {
	case all > 3 && zeros[0]*20 <= zeros[1] && sane(buf, binary.LittleEndian):
		return utf16LE
	case all > 3 && zeros[1]*20 <= zeros[0] && sane(buf, binary.BigEndian):
		return utf16BE
	case (all > 8 && all*20 > len(buf)) || control*20 > len(buf):
		return unknownEncoding
	case validUTF8Prefix(buf):
		return utf8Encoding
	}
	return gb18030Encoding
}

const plainControl = "\t\n\r\f\x1a\x1b"

// sane reports whether buf read as UTF-16 is text: no control characters and
// no halves of pairs, but for a few.
func sane(buf []byte, order binary.ByteOrder) bool {
	odd := 0
	for i := 0; i+1 < len(buf); i += 2 {
		u := order.Uint16(buf[i:])
		if (u < ' ' && !strings.ContainsRune(plainControl, rune(u))) || u >= 0xFFFE || (u >= 0xE000 && u < 0xF900) {
			odd++
		}
	}
	return odd*50 <= len(buf)/2
}

// validUTF8Prefix allows for a character cut off at the end.
func validUTF8Prefix(buf []byte) bool {
	for cut := 0; cut < utf8.UTFMax && cut <= len(buf); cut++ {
		if utf8.Valid(buf[:len(buf)-cut]) {
			return true
		}
	}
	return false
}

package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// token is a piece of markup.
type token uint8

const (
	endOfPart token = iota
	startTag
	endTag
	text
)

// markup reads the XML of one part of a workbook, piece by piece. It exists
// because a sheet is hundreds of megabytes of tags: encoding/xml takes five
// times as long, allocates for each tag and holds a text of any length in
// memory. It knows what parts of workbooks are made of and refuses document
// types and encodings other than UTF-8.
type markup struct {
	r     *bufio.Reader
	keep  int // bytes of one text that are kept; the rest is dropped
	depth int

	// Of the current piece, good until the next:
	name  []byte // local name of a tag
	tag   []byte // inside of a tag, name and attributes
	empty bool   // a start tag that is its own end: no end tag follows
	text  []byte // text, entities resolved
	long  bool   // the text was longer than keep
}

var errMarkup = errors.New("exchange: damaged markup")

const maxTag = 1 << 16

func newMarkup(r io.Reader, keep int64) *markup {
	return &markup{r: bufio.NewReaderSize(r, 64<<10), keep: int(keep)}
}

// next reads the next tag or text.
func (m *markup) next() (token, error) {
	for {
		found, err := m.readText()
		if err != nil || found {
			return text, err
		}
		if _, err := m.r.ReadByte(); err != nil { // the "<" that readText left
			return endOfPart, m.ended(err)
		}
		kind, err := m.readTag()
		if err != nil || kind != endOfPart {
			return kind, err
		}
	}
}

// ended says whether the part may end here.
func (m *markup) ended(err error) error {
	switch {
	case err != io.EOF:
		return err
	case m.depth > 0:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// readText reads up to the next "<", which it leaves. It reports whether there
// was any text.
func (m *markup) readText() (bool, error) {
	m.text, m.long = m.text[:0], false
	for {
		part, err := m.r.ReadSlice('<')
		if err == nil {
			part = part[:len(part)-1]
			if e := m.r.UnreadByte(); e != nil {
				return false, e
			}
		}
		m.addText(part)
		switch err {
		case bufio.ErrBufferFull:
			continue
		case nil:
			if len(m.text) == 0 {
				return false, nil
			}
			m.text = resolve(m.text)
			return true, nil
		case io.EOF: // what follows the last tag is of no interest
			return false, nil
		}
		return false, err
	}
}

func (m *markup) addText(part []byte) {
	// An entity is at most ten bytes a character: what is kept suffices.
	room := 10*m.keep - len(m.text)
	if len(part) > room {
		part, m.long = part[:max(room, 0)], true
	}
	m.text = append(m.text, part...)
}

// readTag reads the tag whose "<" was just read. endOfPart stands for a
// comment or an instruction, which is passed over.
func (m *markup) readTag() (token, error) {
	peek, err := m.r.Peek(1)
	if err != nil {
		return endOfPart, io.ErrUnexpectedEOF
	}
	if peek[0] == '!' {
		return m.readDeclaration()
	}
	if err := m.fillTag(); err != nil {
		return endOfPart, err
	}
	switch {
	case len(m.tag) == 0:
		return endOfPart, errMarkup
	case m.tag[0] == '?':
		return endOfPart, m.instruction()
	case m.tag[0] == '/':
		m.name = localName(m.tag[1:])
		if m.depth--; m.depth < 0 {
			return endOfPart, errMarkup
		}
		return endTag, nil
	}
	m.empty = m.tag[len(m.tag)-1] == '/'
	if m.empty {
		m.tag = m.tag[:len(m.tag)-1]
	} else {
		m.depth++
	}
	m.name = localName(m.tag)
	return startTag, nil
}

// fillTag reads to the ">" that no attribute's value holds; an instruction
// knows no attributes and ends with "?>".
func (m *markup) fillTag() error {
	m.tag = m.tag[:0]
	var quote byte
	for {
		part, err := m.r.ReadSlice('>')
		if err != nil && err != bufio.ErrBufferFull {
			return io.ErrUnexpectedEOF
		}
		for _, b := range part {
			switch {
			case quote == 0 && (b == '"' || b == '\''):
				quote = b
			case b == quote:
				quote = 0
			}
		}
		if m.tag = append(m.tag, part...); len(m.tag) > maxTag {
			return errMarkup
		}
		whole := quote == 0
		if m.tag[0] == '?' {
			whole = len(m.tag) > 2 && bytes.HasSuffix(m.tag, []byte("?>"))
		}
		if err == nil && whole {
			m.tag = m.tag[:len(m.tag)-1]
			return nil
		}
	}
}

func (m *markup) instruction() error {
	low := bytes.ToLower(m.tag)
	if _, enc, ok := bytes.Cut(low, []byte("encoding")); ok && bytes.HasPrefix(low, []byte("?xml")) && !bytes.Contains(enc, []byte("utf-8")) {
		return errMarkup
	}
	return nil
}

// readDeclaration passes over a comment and turns CDATA into text.
func (m *markup) readDeclaration() (token, error) {
	start, err := m.r.Peek(8)
	if err != nil {
		return endOfPart, io.ErrUnexpectedEOF
	}
	switch {
	case bytes.HasPrefix(start, []byte("!--")):
		_, err := m.r.Discard(3)
		if err != nil {
			return endOfPart, err
		}
		return endOfPart, m.until("-->", func(byte) {})
	case bytes.HasPrefix(start, []byte("![CDATA[")):
		if _, err := m.r.Discard(8); err != nil {
			return endOfPart, err
		}
		m.text, m.long = m.text[:0], false
		err := m.until("]]>", func(b byte) {
			if len(m.text) < m.keep {
				m.text = append(m.text, b)
			} else {
				m.long = true
			}
		})
		return text, err
	}
	return endOfPart, errMarkup // a document type: no workbook has one
}

// until reads to the end mark and hands over each byte before it.
func (m *markup) until(mark string, each func(byte)) error {
	matched := 0
	for {
		b, err := m.r.ReadByte()
		if err != nil {
			return io.ErrUnexpectedEOF
		}
		for matched > 0 && b != mark[matched] {
			// Both marks are two equal bytes and ">": what falls out is the first.
			each(mark[0])
			matched--
		}
		if b == mark[matched] {
			if matched++; matched == len(mark) {
				return nil
			}
			continue
		}
		each(b)
	}
}

// localName is the name at the start of a tag without its prefix.
func localName(tag []byte) []byte {
	for i, b := range tag {
		if b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == '/' {
			tag = tag[:i]
			break
		}
	}
	if i := bytes.IndexByte(tag, ':'); i > 0 && i+1 < len(tag) {
		return tag[i+1:]
	}
	return tag
}

// attr is the value of the attribute of that local name, "" if there is none.
func (m *markup) attr(name string) string {
	rest := m.tag
	if i := bytes.IndexAny(rest, " \t\r\n"); i >= 0 {
		rest = rest[i:]
	} else {
		return ""
	}
	for {
		rest = bytes.TrimLeft(rest, " \t\r\n")
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return ""
		}
		key := bytes.TrimSpace(rest[:eq])
		rest = bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(rest) == 0 || (rest[0] != '"' && rest[0] != '\'') {
			return ""
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return ""
		}
		if string(localName(key)) == name {
			return string(resolve(bytes.Clone(rest[1 : 1+end])))
		}
		rest = rest[end+2:]
	}
}

// resolve puts characters in place of entities, in b itself: an entity is
// never shorter than its character. Unknown ones stay.
func resolve(b []byte) []byte {
	at := bytes.IndexByte(b, '&')
	if at < 0 {
		return b
	}
	out := b[:at]
	for at < len(b) {
		if b[at] != '&' {
			out = append(out, b[at])
			at++
			continue
		}
		end := bytes.IndexByte(b[at:min(len(b), at+12)], ';')
		r, ok := rune(0), false
		if end > 1 {
			r, ok = entity(string(b[at+1 : at+end]))
		}
		if !ok {
			out = append(out, '&')
			at++
			continue
		}
		out = utf8.AppendRune(out, r)
		at += end + 1
	}
	return out
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if !strings.HasPrefix(name, "#") {
		return 0, false
	}
	digits, base := name[1:], 10
	if strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return 0, false
	}
	return rune(n), true
}

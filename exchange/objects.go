package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"

	"datai/catalog"
	"datai/intake"
)

// objects is a file of JSON Lines: one object a line, its keys in the place of
// headers.
type objects struct {
	src     *io.SectionReader
	enc     encodingName
	reader  *reader
	columns []intake.Column
	fields  map[string]field
	taken   map[field]bool
}

// member is one key of an object with its value.
type member struct {
	key  string
	text string
	list []string
}

var (
	errObject   = errors.New("exchange: not one JSON object")
	errLongLine = errors.New("exchange: line too long")
)

const (
	linesPerCell = 32  // a line may be as long as that many of the longest cells
	headLines    = 200 // are looked at for keys before reading
)

func (r *reader) openObjects(src *io.SectionReader) error {
	encodings, err := encodingsOf(src)
	if err != nil {
		return unusable("truncated").Because(err)
	}
	o := &objects{src: src, enc: encodings[0], reader: r, fields: map[string]field{}, taken: map[field]bool{}}
	var keys []string
	known := false
	n := 0
	for l, err := range o.lines() {
		if err != nil && n == 0 {
			return unusable("json_lines")
		}
		if err == nil {
			for _, m := range l.members {
				f := o.field(m.key)
				known = known || f == r.headers.required || (r.kind == intake.Needs && f == fText)
				keys = append(keys, m.key)
			}
		}
		if n++; n == headLines {
			break
		}
	}
	if !known && !r.guess {
		found, _ := distinct(keys, 20)
		return r.headers.wrong(found)
	}
	r.guessed = !known
	r.objects = o
	return nil
}

// field is what a key is about. Two keys of one meaning would overwrite each
// other: the later one is kept as unknown.
func (o *objects) field(key string) field {
	if f, ok := o.fields[key]; ok {
		return f
	}
	f := o.reader.headers.understand(keyHeader(key), key)
	if f == "" || (o.taken[f] && !f.many()) {
		f = o.reader.otherField(keyHeader(key), o.taken)
	}
	o.taken[f] = true
	if len(o.fields) < o.reader.lim.Columns { // keys of a hostile file are many
		o.fields[key] = f
		o.reader.heads = append(o.reader.heads, catalog.Fold(key))
		o.columns = append(o.columns, intake.Column{Header: keyHeader(key), Field: string(f)})
	}
	return f
}

// keyHeader is a key in the place of a header; one that is blank needs a name.
func keyHeader(key string) string { return cmp.Or(headerText(key), "〔无名〕") }

type objectLine struct {
	n       int
	members []member
}

// lines yields each line that is not blank, from the start of the file. A line
// that is no object comes with an error and does not end the file; a reading
// error does.
func (o *objects) lines() func(yield func(objectLine, error) bool) {
	return func(yield func(objectLine, error) bool) {
		r := decoded(o.src, o.enc)
		limit := int(o.reader.lim.CellBytes) * linesPerCell
		var buf []byte
		for n := 1; ; n++ {
			b, err := readLine(r, buf[:0], limit)
			if errors.Is(err, io.EOF) {
				return
			}
			if buf = b; err != nil && !errors.Is(err, errLongLine) {
				yield(objectLine{}, unusable("truncated").Because(err))
				return
			}
			if len(bytes.TrimSpace(b)) == 0 {
				continue
			}
			l := objectLine{n: n}
			if err == nil {
				l.members, err = parseObject(b)
			}
			if !yield(l, err) {
				return
			}
		}
	}
}

// readLine appends the next line to buf, at most limit bytes of it. The line
// is read to its end in any case. io.EOF means that there was none.
func readLine(r *bufio.Reader, buf []byte, limit int) ([]byte, error) {
	long, read := false, false
	for {
		part, err := r.ReadSlice('\n')
		read = read || len(part) > 0
		if len(buf)+len(part) > limit {
			long = true
		} else {
			buf = append(buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return buf, err
		case !read:
			return buf, io.EOF
		case long:
			return append(buf[:0], '?'), errLongLine
		}
		return buf, nil
	}
}

// parseObject reads the members of one object in their order.
func parseObject(b []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errObject
	}
	var out []member
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return nil, errObject
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, errObject
		}
		m := member{key: key}
		m.text, m.list = plain(raw)
		out = append(out, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, errObject
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errObject
	}
	return out, nil
}

// plain is a value as text, or as a list if it is an array of texts.
func plain(raw json.RawMessage) (string, []string) {
	switch raw[0] {
	case 'n':
		return "", nil
	case '"':
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s, nil
		}
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			return string(raw), nil
		}
		list := make([]string, 0, len(items))
		for _, i := range items {
			s, _ := plain(i)
			list = append(list, s)
		}
		return "", list
	}
	return string(raw), nil
}

// walk fills b with one line after the other; a line that is no object comes
// refused. What such a line says is not known, so nothing of it is kept.
func (o *objects) walk(b *builder, send func(*intake.Row, error) bool) {
	for l, err := range o.lines() {
		var done *intake.Row
		switch {
		case catalog.CodeOf(err) != "":
			send(nil, err)
			return
		case errors.Is(err, errLongLine):
			done = &intake.Row{N: l.n, Issues: []intake.Issue{{Refusal: true, Key: "import.refused.line_too_long"}}}
		case err != nil:
			done = &intake.Row{N: l.n, Issues: []intake.Issue{{Refusal: true, Key: "import.refused.json"}}}
		default:
			if o.begin(b, l); b.empty() {
				continue
			}
		}
		if !send(done, nil) {
			return
		}
	}
}

// begin takes the members of a line.
func (o *objects) begin(b *builder, l objectLine) {
	b.reset(l.n)
	b.free, b.words = true, wordMarks{space: true}
	for _, m := range l.members {
		f := o.field(m.key)
		if _, twice := b.by[f]; twice && f != "" && !f.many() {
			f = ""
		}
		c := cell{text: m.text}
		if limit := int(o.reader.lim.CellBytes); len(c.text) > limit {
			c.text, c.flaw = c.text[:limit], tooLong
		}
		b.add(value{header: keyHeader(m.key), field: f, unit: headerUnit(m.key), cell: c, list: m.list})
	}
}

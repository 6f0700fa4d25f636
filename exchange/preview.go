package exchange

import (
	"datai/catalog"
	"datai/intake"
)

// Sample is the beginning of a file, for a person who says what its columns
// are about.
type Sample struct {
	Format, Preset, Layout string // as in intake.File
	// Recognised is false if Columns rest on a guess which row is the header.
	Recognised bool
	Columns    []intake.Column
	Rows       [][]string // texts, aligned with Columns; phones and the like are masked
}

// Preview reads the headers and the first n rows of the file at path; rows that
// are classified are left out. A file whose header is not recognised is no
// error, all others are those of Open.
func Preview(path, name string, kind intake.Kind, o Options, n int) (*Sample, error) {
	r, src, f, err := prepare(path, name, kind, o)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r.guess = true
	if err := r.open(src); err != nil {
		return nil, err
	}
	s := &Sample{Format: r.format, Layout: r.layout(), Recognised: !r.guessed, Columns: r.columns(), Rows: [][]string{}}
	s.Preset = r.presetOf(s.Columns)
	err = r.texts(func(cells []string) bool {
		s.Rows = append(s.Rows, cells)
		return len(s.Rows) < n
	})
	return s, err
}

// texts yields the rows as texts until it returns false.
func (r *reader) texts(yield func([]string) bool) error {
	b := r.builder()
	var failed error
	r.walk(b, func(done *intake.Row, err error) bool {
		if failed = err; err != nil {
			return false
		}
		if done != nil || b.secret() {
			return true
		}
		b.flaws()
		cells := b.cells()
		if cells == nil {
			return true
		}
		for _, v := range b.values {
			if i, ok := b.columns[v.header]; ok {
				cells[i] = masked(v.field, cells[i])
			}
		}
		return yield(cells)
	})
	return failed
}

// masked is what a preview shows of a text (never-rule 7).
func masked(f field, s string) string {
	switch {
	case f == fEmail:
		return catalog.Contact{Email: s}.Masked().Email
	case f == fPhone, f == fLandline, f == fOwnerTel, mobile.MatchString(s), identity.MatchString(s):
		return catalog.Contact{Phone: s}.Masked().Phone
	}
	return s
}

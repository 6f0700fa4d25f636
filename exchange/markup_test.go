package exchange

import (
	"io"
	"testing"
)

// A part that breaks off between two tags is no whole part.
func TestMarkupEndsWhereItShould(t *testing.T) {
	for text, want := range map[string]error{
		"<a><b/></a>\n": nil, "<a><b>": io.ErrUnexpectedEOF, "<a><b/>text": io.ErrUnexpectedEOF, "<a": io.ErrUnexpectedEOF,
		"<a><!-- -": io.ErrUnexpectedEOF, "<a><![CDATA[x": io.ErrUnexpectedEOF, "</a>": errMarkup, "<!DOCTYPE a>": errMarkup, "": nil,
		`<?xml version="1.0" encoding="GBK"?><a/>`: errMarkup, `<?xml version="1.0" encoding="UTF-8"?><a/>`: nil,
	} {
		if _, err := ourEvents([]byte(text)); err != want {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestColumnNames(t *testing.T) {
	for name, want := range map[string]int{"A": 0, "Z": 25, "AA": 26, "AB": 27, "ZZ": 701, "AAA": 702, "XFD": 16383} {
		if got, ok := columnOf(name + "12"); got != want || !ok {
			t.Errorf("columnOf(%s12) = %d, %v", name, got, ok)
		}
		if got := columnName(want); got != name {
			t.Errorf("columnName(%d) = %s, want %s", want, got, name)
		}
	}
	for _, name := range []string{"", "1", "XFE1", "a1", "AAAAAAAAAAAAAAAAAAAA1"} {
		if n, ok := columnOf(name); ok {
			t.Errorf("columnOf(%q) = %d", name, n)
		}
	}
}

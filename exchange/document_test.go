package exchange_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"datai/catalog"
	"datai/document"
	"datai/exchange"
)

// zipped is a ZIP package of those names, each holding its text.
func zipped(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := z.Create(files[i])
		if err == nil {
			_, err = f.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// types is a list of content types that names those.
func types(names ...string) string {
	return `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override ContentType="application/vnd.openxmlformats-officedocument.` +
		strings.Join(names, `"/><Override ContentType="`) + `"/></Types>`
}

// ftyp is the box that HEIF files begin with, of those brands.
func ftyp(brands ...string) string {
	return "\x00\x00\x00" + string(rune(12+4*len(brands))) + "ftyp" + brands[0] + "\x00\x00\x00\x00" + strings.Join(brands[1:], "") + "mdat"
}

// compoundOf is a compound file of version 3 whose root holds streams of those
// names, in the smallest form that [MS-CFB] allows: the header, one sector of the
// table of sectors and the directory.
func compoundOf(names ...string) string {
	const free, end, table = "\xff\xff\xff\xff", "\xfe\xff\xff\xff", "\xfd\xff\xff\xff"
	const sectors = 3 // the table, two of the directory
	header := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 16) + "\x3e\x00\x03\x00\xfe\xff\x09\x00\x06\x00" + strings.Repeat("\x00", 6) +
		"\x00\x00\x00\x00" + "\x01\x00\x00\x00" + "\x01\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x10\x00\x00" + end + "\x00\x00\x00\x00" + end + "\x00\x00\x00\x00" +
		"\x00\x00\x00\x00" + strings.Repeat(free, 108)
	fat := table + "\x02\x00\x00\x00" + end + strings.Repeat(free, 128-sectors)
	entry := func(name string, kind byte, right, child string) string {
		var b strings.Builder
		for i := range len(name) {
			b.WriteString(name[i:i+1] + "\x00")
		}
		raw := b.String() + strings.Repeat("\x00", 64-2*len(name))
		return raw + string([]byte{byte(2*len(name) + 2), 0, kind, 1}) + free + right + child + strings.Repeat("\x00", 36) + end + strings.Repeat("\x00", 8)
	}
	child := free
	if len(names) > 0 {
		child = "\x01\x00\x00\x00"
	}
	dir := entry("Root Entry", 5, free, child)
	for i, name := range names {
		right := free
		if i+1 < len(names) {
			right = string([]byte{byte(i + 2), 0, 0, 0})
		}
		dir += entry(name, 2, right, free)
	}
	dir += strings.Repeat(strings.Repeat("\x00", 68)+free+free+free+strings.Repeat("\x00", 48), 8-1-len(names))
	return header + fat + dir
}

func TestADocumentIsWhatItsNameSays(t *testing.T) {
	word := zipped(t, "[Content_Types].xml", types("wordprocessingml.document.main+xml"), "word/document.xml", "<w:document/>")
	sheet := zipped(t, "[Content_Types].xml", types("spreadsheetml.sheet.main+xml"))
	slides := zipped(t, "[content_types].XML", types("presentationml.presentation.main+xml"))
	ofd := zipped(t, "OFD.xml", "<ofd:OFD/>", "Doc_0/Document.xml", "")
	good := map[string]string{
		"pdf": "%PDF-1.4\n", "png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "jpg": "\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg": "\xff\xd8\xff\xe1",
		"heic": ftyp("heic", "mif1", "heic"), "docx": word, "xlsx": sheet, "pptx": slides, "ofd": ofd,
		"doc": compoundOf("WordDocument", "1Table"), "xls": compoundOf("Workbook"), "ppt": compoundOf("Current User", "PowerPoint Document"),
		"wps": compoundOf("WordDocument"), "et": compoundOf("Workbook", "ETExtData"), "dps": compoundOf(),
	}
	for kind, content := range good {
		if err := exchange.LookDocument(strings.NewReader(content), kind); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if len(good) != len(document.Types()) {
		t.Errorf("%d of %d types are tried", len(good), len(document.Types()))
	}
	// What is one of them is no other, but for two names of one type and those of
	// WPS Office, which are not documented.
	loose := [][2]string{{"jpg", "jpeg"}, {"jpeg", "jpg"}, {"doc", "wps"}, {"wps", "doc"}, {"xls", "et"}, {"et", "xls"}, {"ppt", "dps"}, {"dps", "wps"}, {"dps", "et"}}
	for is, content := range good {
		for _, called := range document.Types() {
			err := exchange.LookDocument(strings.NewReader(content), called)
			if is != called && err == nil && !slices.Contains(loose, [2]string{is, called}) {
				t.Errorf("a %s passes as %s", is, called)
			}
		}
	}
	for name, x := range map[string]struct{ kind, content, key string }{
		"macros in a docx":              {"docx", zipped(t, "[Content_Types].xml", types("wordprocessingml.document.main+xml", "application/vnd.ms-word.document.macroEnabled.main+xml")), "document.macros"},
		"macros beside":                 {"xlsx", zipped(t, "[Content_Types].xml", types("spreadsheetml.sheet.main+xml", "application/vnd.ms-office.vbaProject")), "document.macros"},
		"a docx with a password":        {"docx", compoundOf("EncryptionInfo", "EncryptedPackage"), "document.encrypted"},
		"a doc with a password":         {"doc", compoundOf("EncryptedPackage"), "document.encrypted"},
		"a zip":                         {"docx", zipped(t, "a.txt", "x"), "document.not_it"},
		"an OFD.xml in a folder":        {"ofd", zipped(t, "a/OFD.xml", "x"), "document.not_it"},
		"a zip cut off":                 {"docx", word[:len(word)/2], "document.not_it"},
		"a compound file cut off":       {"doc", compoundOf("WordDocument")[:600], "document.not_it"},
		"a film":                        {"heic", ftyp("isom", "mp41"), "document.not_it"},
		"a brand as the minor version":  {"heic", "\x00\x00\x00\x14ftypmif1heicmif1", "document.not_it"},
		"a box that ends nowhere":       {"heic", "\xff\xff\xff\xffftypheicheic", "document.not_it"},
		"a picture of three bytes":      {"heic", "hei", "document.not_it"},
		"a list longer than 1 MiB":      {"docx", zipped(t, "[Content_Types].xml", strings.Repeat(" ", 2<<20)+types("wordprocessingml.document.main+xml")), "document.not_it"},
		"a type that nobody knows":      {"exe", "MZ", "document.not_it"},
		"nothing at all":                {"pdf", "", "document.not_it"},
		"a header that is not in front": {"pdf", "<html>%PDF-1.4", "document.not_it"},
	} {
		err := exchange.LookDocument(strings.NewReader(x.content), x.kind)
		if e, ok := errors.AsType[*catalog.Error](err); !ok || e.Code != catalog.Invalid || e.Key != x.key {
			t.Errorf("%s: %v, want %s", name, err, x.key)
		}
	}
}

// FuzzLookDocument: whatever a file holds, it is taken or refused with a word on
// what to do.
func FuzzLookDocument(f *testing.F) {
	for _, seed := range []string{"", "%PDF-1.4", ftyp("heic", "mif1"), compoundOf("WordDocument"), compoundOf(), zipped(f, "OFD.xml", "x"),
		zipped(f, "[Content_Types].xml", types("wordprocessingml.document.main+xml"))} {
		for i := range document.Types() {
			f.Add(seed, uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, content string, n uint8) {
		kind := document.Types()[int(n)%len(document.Types())]
		err := exchange.LookDocument(strings.NewReader(content), kind)
		if err == nil && content == "" {
			t.Fatalf("an empty file passes as %s", kind)
		}
		if e, ok := errors.AsType[*catalog.Error](err); err != nil && (!ok || e.Code != catalog.Invalid) {
			t.Fatalf("%s: %v", kind, err)
		}
	})
}

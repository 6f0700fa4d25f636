package exchange

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"

	"datai/catalog"
	"datai/document"

	"github.com/richardlehane/mscfb"
)

// LookDocument says whether a content is what the ending of its name, one of
// document.Types, says; an Invalid error says what to do about it. It looks at
// signatures and names inside, and unpacks nothing but a list of at most 1 MiB.
//
// Sources: PDF: the magic of file(1), Magdir/pdf. PNG and JPEG: the table of
// signatures of gfxprim; PNG also W3C PNG, 5.2. OFD: GB/T 33190-2016: a ZIP package
// with one OFD.xml, whose name may not change. Office Open XML: the content types of
// ECMA-376 in [Content_Types].xml, as OPCPackageDetector of Apache Tika reads them. Doc,
// xls and ppt: compound files with the streams by which POIFSContainerDetector of
// Apache Tika knows them. WPS Office (.wps, .et, .dps): compound files, as the
// fingerprints of cosmos-filetype-sniffer say. HEIC: a ftyp box with a brand of ISO/IEC
// 23008-12:2022, B.4, as libheif lists them in heif_brands.h.
func LookDocument(content document.Content, kind string) error {
	first := make([]byte, 4096)
	n, err := content.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	first = first[:n]
	wrong := catalog.Refuse(catalog.Invalid, "document.not_it", "type", kind)
	switch kind {
	case "pdf":
		return unless(bytes.HasPrefix(first, []byte("%PDF-")), wrong)
	case "png":
		return unless(bytes.HasPrefix(first, []byte("\x89PNG\r\n\x1a\n")), wrong)
	case "jpg", "jpeg":
		return unless(bytes.HasPrefix(first, []byte("\xff\xd8\xff")), wrong)
	case "heic":
		return unless(heic(first), wrong)
	case "ofd", "docx", "xlsx", "pptx":
		if bytes.HasPrefix(first, compound) {
			return compoundIs(content, kind, wrong) // one with a password, or of the old kind
		}
		return packageIs(content, kind, wrong)
	case "doc", "xls", "ppt", "wps", "et", "dps":
		return compoundIs(content, kind, wrong)
	}
	return wrong
}

func unless(fits bool, wrong error) error {
	if fits {
		return nil
	}
	return wrong
}

// heics are the brands of pictures that HEVC encodes.
var heics = []string{"heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs"}

// heic reports whether a file begins with a ftyp box that names one of them,
// first or among those that it is compatible with.
func heic(first []byte) bool {
	if len(first) < 16 || string(first[4:8]) != "ftyp" {
		return false
	}
	size := binary.BigEndian.Uint32(first)
	if size < 16 || size > uint32(len(first)) {
		return false
	}
	for at := 8; at+4 <= int(size); at += 4 {
		if at != 12 && slices.Contains(heics, string(first[at:at+4])) { // at 12 is the minor version
			return true
		}
	}
	return false
}

// mains are the content types of the main parts of packages.
var mains = map[string]string{
	"docx": "wordprocessingml.document.main+xml", "xlsx": "spreadsheetml.sheet.main+xml", "pptx": "presentationml.presentation.main+xml",
}

// mostTypes is how long the list of the content types of a package may be.
const mostTypes = 1 << 20

// packageIs looks for what makes a ZIP a file of that kind.
func packageIs(content document.Content, kind string, wrong error) error {
	z, err := zip.NewReader(content, content.Size())
	if err != nil {
		return wrong
	}
	for _, f := range z.File {
		switch {
		case kind == "ofd" && f.Name == "OFD.xml":
			return nil
		case kind != "ofd" && strings.EqualFold(f.Name, "[Content_Types].xml"):
			r, err := f.Open()
			if err != nil {
				return wrong
			}
			text, err := io.ReadAll(io.LimitReader(r, mostTypes))
			if err = errors.Join(err, r.Close()); err != nil {
				return wrong
			}
			if bytes.Contains(text, []byte("macroEnabled.main+xml")) || bytes.Contains(text, []byte("vbaProject")) {
				return catalog.Refuse(catalog.Invalid, "document.macros")
			}
			return unless(bytes.Contains(text, []byte(mains[kind])), wrong)
		}
	}
	return wrong
}

// compound begins a compound file.
var compound = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// streams are those that make a compound file a document of a kind. Those of
// WPS Office are not documented, so only what is another kind is none of theirs.
var streams = map[string]string{"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}

// mostStreams is how many names in a compound file are looked at.
const mostStreams = 10_000

// compoundIs looks for the stream that makes a compound file one of that kind.
func compoundIs(content document.Content, kind string, wrong error) error {
	files, err := mscfb.New(io.NewSectionReader(content, 0, content.Size()))
	if err != nil {
		return wrong
	}
	found := ""
	n := 0
	for f, err := files.Next(); err == nil && n < mostStreams; f, err = files.Next() {
		n++
		if len(f.Path) > 0 {
			continue
		}
		if f.Name == "EncryptedPackage" {
			return catalog.Refuse(catalog.Invalid, "document.encrypted")
		}
		if is := streams[f.Name]; is != "" && found == "" {
			found = is
		}
	}
	switch kind {
	case "doc", "xls", "ppt":
		return unless(found == kind, wrong)
	case "wps":
		return unless(found == "" || found == "doc", wrong)
	case "et":
		return unless(found == "" || found == "xls", wrong)
	case "dps":
		return unless(found == "" || found == "ppt", wrong)
	}
	return wrong
}

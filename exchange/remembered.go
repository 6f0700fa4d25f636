package exchange

import (
	"errors"

	"datai/catalog"
	"datai/intake"
)

// OpenRemembered is Open, with the kind recognised where it is "" and with the
// mapping that remembered knows for the layout; remembered says NotFound where
// it knows none. o.Mapping, if it is set, is the one that counts.
func OpenRemembered(path, name string, kind intake.Kind, o Options, remembered func(kind intake.Kind, layout string) (map[string]string, error)) (*File, error) {
	if kind == "" {
		var err error
		if kind, err = Recognise(path, name, o.Limits); err != nil {
			return nil, err
		}
	}
	f, err := Open(path, name, kind, o)
	if o.Mapping != nil {
		return f, err
	}
	var layout string
	switch e, ok := errors.AsType[*catalog.Error](err); {
	case err == nil:
		layout = f.Layout
	case ok && e.Key == "import.unusable.columns":
		s, perr := Preview(path, name, kind, o, 0)
		if perr != nil {
			return nil, err
		}
		layout = s.Layout
	default:
		return nil, err
	}
	mapping, rerr := remembered(kind, layout)
	if catalog.CodeOf(rerr) == catalog.NotFound {
		return f, err
	}
	if f != nil {
		rerr = errors.Join(rerr, f.Close())
	}
	if rerr != nil {
		return nil, rerr
	}
	o.Mapping = mapping
	if f, err = Open(path, name, kind, o); err != nil {
		return nil, err
	}
	notes := f.Notes
	f.Notes = func() []intake.Issue { return append([]intake.Issue{{Key: "import.note.remembered"}}, notes()...) }
	return f, nil
}

// Recognise tells what a file holds by its headers. One whose headers say
// nothing is taken for results.
func Recognise(path, name string, limits Limits) (intake.Kind, error) {
	s, err := Preview(path, name, intake.Results, Options{Limits: limits}, 0)
	if err != nil {
		return "", err
	}
	best, most := intake.Results, 0
	for _, kind := range intake.Kinds() {
		h, err := headersOf(kind)
		if err != nil {
			return "", err
		}
		has, known := false, 0
		for _, c := range s.Columns {
			f, ok := h.find(c.Header)
			has = has || (ok && f == h.required)
			if ok && f != fOrdinal && f != fDropped && f != fDerived {
				known++
			}
			if ok && kind == intake.Patents && f == fNumber { // results may tell their rights, patents must
				known++
			}
		}
		if has && known > most {
			best, most = kind, known
		}
	}
	return best, nil
}

// SecretName reports whether a file is classified or internal by its very
// name, which then is kept nowhere.
func SecretName(name string) bool { return classifiedText(name) }

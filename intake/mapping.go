package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"datai/account"
	"datai/catalog"
	"datai/journal"

	"github.com/google/uuid"
)

// Mapping is how the office reads the columns of files of one layout: the
// headers that mean another field than the program would take them for. A
// field of "" keeps the column as it is, for the office alone.
type Mapping struct {
	Kind      Kind
	Layout    string // digest of the headers, see File.Layout
	Version   int64  // 0 until it is saved
	File      string // whose headers these were, for people
	Fields    map[string]string
	ByName    string
	UpdatedAt int64
}

// Mapping is what the office said of a layout; NotFound if it said nothing.
func (s *Service) Mapping(ctx context.Context, p account.Principal, kind Kind, layout string) (m Mapping, err error) {
	if err := allow(p); err != nil {
		return m, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		m, err = tx.Mapping(ctx, kind, layout)
		return err
	})
	return m, err
}

// Mappings lists what the office said of every layout, newest first.
func (s *Service) Mappings(ctx context.Context, p account.Principal) (ms []Mapping, err error) {
	if err := allow(p); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx Tx) (err error) {
		ms, err = tx.Mappings(ctx)
		return err
	})
	return ms, err
}

// SaveMapping remembers how a layout is read; the next file of it is read so.
// m.Version is the one that was read, 0 for a first one. Conflict if somebody
// saved another meanwhile.
func (s *Service) SaveMapping(ctx context.Context, p account.Principal, m Mapping) (Mapping, error) {
	if m.Layout == "" || !slices.Contains(Kinds(), m.Kind) || len(m.Fields) == 0 {
		return m, catalog.Refuse(catalog.Invalid, "import.mapping.none")
	}
	body := map[string]string{"kind": string(m.Kind), "layout": m.Layout}
	for _, h := range slices.Sorted(maps.Keys(m.Fields)) {
		body["column "+strconv.Itoa(len(body)-1)] = h + " = " + m.Fields[h]
	}
	m.ByName = p.Name
	return m, s.mapping(ctx, p, "mapping.save", body, func(tx Tx, at int64) error {
		m.UpdatedAt = at
		return tx.SaveMapping(ctx, m)
	})
}

// ForgetMapping forgets how a layout is read.
func (s *Service) ForgetMapping(ctx context.Context, p account.Principal, m Mapping) error {
	body := map[string]string{"kind": string(m.Kind), "layout": m.Layout}
	return s.mapping(ctx, p, "mapping.forget", body, func(tx Tx, _ int64) error { return tx.DropMapping(ctx, m) })
}

func (s *Service) mapping(ctx context.Context, p account.Principal, verb string, body map[string]string, fn func(tx Tx, at int64) error) error {
	if err := allow(p); err != nil {
		return err
	}
	at := s.now().UnixMilli()
	entry, err := journal.New(s.rand, at, p.ID, string(p.Acting), verb, "import_mapping")
	if err != nil {
		return err
	}
	entry.Subject, entry.Body = uuid.NewSHA1(uuid.NameSpaceOID, []byte(body["kind"]+" "+body["layout"])), body
	err = s.db.Write(ctx, func(tx Tx) error {
		if err := fn(tx, at); err != nil {
			return err
		}
		return tx.Append(ctx, entry)
	})
	if err != nil {
		return fmt.Errorf("intake: mapping: %w", err)
	}
	return nil
}

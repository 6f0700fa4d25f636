package account

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"datai/catalog"

	"github.com/google/uuid"
)

// Source is an identity provider by which people sign in, such as the 统一身份认证
// of a university. Several stand side by side.
type Source struct {
	ID        uuid.UUID
	Name      string // stands in addresses and in identities, and never changes
	Version   int64
	Disabled  bool
	CreatedAt int64 // unix ms
	SourceSetup
	Secrets
}

// Secrets of a source are encrypted at rest; lists and pages are given none.
type Secrets struct {
	Secret      string `json:"secret,omitempty"`       // of the client of OpenID Connect
	PresenceKey string `json:"presence_key,omitempty"` // a bearer token for the list of people
}

// SourceKind is the protocol that a source speaks.
type SourceKind string

// The protocols: CAS Protocol 3.0.3 of Apereo, and OpenID Connect Core 1.0.
const (
	CAS  SourceKind = "cas"
	OIDC SourceKind = "oidc"
)

// SourceKinds lists the protocols in a stable order.
func SourceKinds() []SourceKind { return []SourceKind{CAS, OIDC} }

// SourceSetup is how a source is reached and what its attributes mean.
type SourceSetup struct {
	Kind    SourceKind   `json:"kind"`
	Title   string       `json:"title"` // on the button, in Chinese
	TitleEn string       `json:"title_en"`
	Address string       `json:"address"`          // the prefix of a CAS server, the issuer of OpenID Connect
	Client  string       `json:"client,omitempty"` // the client id with an issuer
	Scopes  []string     `json:"scopes,omitempty"` // asked for beside openid; none means profile, email and phone
	Map     AttributeMap `json:"map"`
	// Known lets in only people whose account or number is there already; else
	// a first sign-in makes the account.
	Known bool `json:"known"`
	// NoPassword takes local passwords from whoever this source lets in.
	NoPassword bool `json:"no_password"`
	// Presence says where the source lists who is there, so that who left is put out.
	Presence PresenceSetup `json:"presence,omitzero"`
}

// AttributeMap says in which attributes a source tells what. An empty one is
// not asked for. Attributes have the names that the provider gives them; what a
// CAS server calls the user is "user", the subject of OpenID Connect "sub".
type AttributeMap struct {
	Numbers []string `json:"numbers,omitempty"` // of staff or students
	Name    string   `json:"name,omitempty"`
	Email   string   `json:"email,omitempty"`
	Phone   string   `json:"phone,omitempty"`
	Unit    string   `json:"unit,omitempty"`
	Kind    string   `json:"kind,omitempty"`    // 教职工 or 学生
	Staff   []string `json:"staff,omitempty"`   // what Kind says of staff
	Student []string `json:"student,omitempty"` // and of students
	// Otherwise is the role of whom Kind says nothing known of; "" refuses them.
	Otherwise Role `json:"otherwise,omitempty"`
	// Strong says that a second factor was asked, by one of the values of StrongIs.
	Strong   string   `json:"strong,omitempty"`
	StrongIs []string `json:"strong_is,omitempty"`
}

// Provider is what the identities and the sign-ins of this source go by.
func (s Source) Provider() Provider { return Provider(s.Kind).Named(s.Name) }

// Bounds of a source.
const (
	sourceTitleMost   = 20 // characters
	sourceAddressMost = 300
	attributeMost     = 100
	valuesMost        = 20
	numbersMost       = 4
	secretMost        = 500
)

// scopeToken is one scope: RFC 6749, 3.3.
var scopeToken = regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]{1,100}$`)

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// fit mends what can be mended in a setup and refuses what cannot be used.
func (s *SourceSetup) fit() error {
	s.Title, s.TitleEn, s.Client = catalog.Clean(s.Title), catalog.Clean(s.TitleEn), catalog.Clean(s.Client)
	if s.Address = catalog.Clean(s.Address); s.Kind == CAS { // an issuer is compared to the letter
		s.Address = strings.TrimRight(s.Address, "/")
	}
	line := func(text string, most int) bool {
		return text != "" && utf8.RuneCountInString(text) <= most && !strings.ContainsAny(text, "\n\t")
	}
	switch {
	case !slices.Contains(SourceKinds(), s.Kind):
		return catalog.Refuse(catalog.Invalid, "sources.bad.kind")
	case !line(s.Title, sourceTitleMost) || !line(s.TitleEn, 2*sourceTitleMost):
		return catalog.Refuse(catalog.Invalid, "sources.bad.title")
	case !reachable(s.Address, false):
		return catalog.Refuse(catalog.Invalid, "sources.bad.address")
	case s.Kind == OIDC && !line(s.Client, attributeMost):
		return catalog.Refuse(catalog.Invalid, "sources.bad.client")
	case len(s.Scopes) > valuesMost || slices.ContainsFunc(s.Scopes, func(v string) bool { return !scopeToken.MatchString(v) }):
		return catalog.Refuse(catalog.Invalid, "sources.bad.scopes")
	}
	if s.Kind == CAS {
		s.Client, s.Scopes = "", nil
	}
	if err := s.Presence.fit(); err != nil {
		return err
	}
	return s.Map.fit()
}

// reachable reports whether an address is one that may be asked: over TLS, or
// on this very machine, and without anything that belongs into another field.
// Whether it lies inside the university's net does not matter: it is the
// administrator's word, and providers are often there.
func reachable(address string, query bool) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(address) > sourceAddressMost || !query && (u.RawQuery != "" || u.ForceQuery) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && slices.Contains([]string{"127.0.0.1", "::1", "localhost"}, u.Hostname())
}

func (m *AttributeMap) fit() error {
	names := []*string{&m.Name, &m.Email, &m.Phone, &m.Unit, &m.Kind, &m.Strong}
	for i := range m.Numbers {
		names = append(names, &m.Numbers[i])
	}
	for _, list := range [][]string{m.Staff, m.Student, m.StrongIs} {
		if len(list) > valuesMost {
			return catalog.Refuse(catalog.Invalid, "sources.bad.attribute")
		}
		for i := range list {
			names = append(names, &list[i])
		}
	}
	for _, n := range names {
		if *n = catalog.Clean(*n); utf8.RuneCountInString(*n) > attributeMost || strings.ContainsAny(*n, "\n\t") {
			return catalog.Refuse(catalog.Invalid, "sources.bad.attribute")
		}
	}
	switch {
	case m.Name == "":
		return catalog.Refuse(catalog.Invalid, "sources.bad.name_attribute")
	case len(m.Numbers) > numbersMost:
		return catalog.Refuse(catalog.Invalid, "sources.bad.numbers")
	case m.Kind == "" && m.Otherwise == "":
		return catalog.Refuse(catalog.Invalid, "sources.bad.roles")
	case m.Otherwise != "" && !slices.Contains(federatedRoles, m.Otherwise):
		return catalog.Refuse(catalog.Invalid, "sources.bad.roles")
	case (m.Strong == "") != (len(m.StrongIs) == 0):
		return catalog.Refuse(catalog.Invalid, "sources.bad.strong")
	}
	return nil
}

// Sources lists the sources for whoever manages them, in the order in which
// they were made, without their secrets.
func (s *Service) Sources(ctx context.Context, p Principal) (list []Source, err error) {
	if !p.May(ManageSources) {
		return nil, ErrForbidden
	}
	return s.sources(ctx, func(Source) bool { return true })
}

// OpenSources lists those by which people can sign in now, for everybody.
func (s *Service) OpenSources(ctx context.Context) ([]Source, error) {
	return s.sources(ctx, func(src Source) bool { return !src.Disabled })
}

func (s *Service) sources(ctx context.Context, which func(Source) bool) (list []Source, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		list, err = tx.Sources(ctx)
		return err
	})
	list = slices.DeleteFunc(list, func(src Source) bool { return !which(src) })
	for i := range list {
		list[i].Secrets = Secrets{}
	}
	return list, err
}

// Source finds a source by its name, with its secret: it is for those who speak
// with it. A disabled one is found, too; NotFound if there is none.
func (s *Service) Source(ctx context.Context, name string) (src Source, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		list, err := tx.Sources(ctx)
		i := slices.IndexFunc(list, func(s Source) bool { return s.Name == name })
		if err == nil && i < 0 {
			err = catalog.Refuse(catalog.NotFound, "sources.not_found")
		}
		if err == nil {
			src = list[i]
		}
		return err
	})
	return src, err
}

// SaveSource adds a source, whose version is 0, or changes the one of that name
// and version. An empty secret leaves the one that is kept, unless the address
// that it is for becomes another: then it has to be given again. It answers the
// version that stands now.
func (s *Service) SaveSource(ctx context.Context, p Principal, src Source) (version int64, err error) {
	if !p.May(ManageSources) {
		return 0, ErrForbidden
	}
	if !sourceName.MatchString(src.Name) {
		return 0, catalog.Refuse(catalog.Invalid, "sources.bad.name")
	}
	if err := src.fit(); err != nil {
		return 0, err
	}
	for _, secret := range []*string{&src.Secret, &src.PresenceKey} {
		if *secret = strings.TrimSpace(*secret); len(*secret) > secretMost || strings.ContainsAny(*secret, "\r\n\x00") {
			return 0, catalog.Refuse(catalog.Invalid, "sources.bad.secret")
		}
	}
	id, err := uuid.NewV7FromReader(s.rand)
	if err != nil {
		return 0, err
	}
	now := s.now()
	verb := "source.change"
	if src.Version == 0 {
		verb = "source.add"
	}
	entry, err := s.entry(p, now, verb)
	if err != nil {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx Tx) error {
		list, err := tx.Sources(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(s Source) bool { return s.Name == src.Name })
		next := src
		switch {
		case src.Version == 0 && i >= 0:
			return catalog.Refuse(catalog.Conflict, "sources.taken", "name", src.Name)
		case src.Version == 0:
			next.ID, next.CreatedAt, next.Version = id, now.UnixMilli(), 1
			err = tx.AddSource(ctx, next)
		case i < 0:
			return catalog.Refuse(catalog.NotFound, "sources.not_found")
		case list[i].Kind != src.Kind: // its identities would change hands
			return catalog.Refuse(catalog.Invalid, "sources.bad.kind")
		default:
			next.ID, next.CreatedAt = list[i].ID, list[i].CreatedAt
			if next.Secret == "" && next.Address == list[i].Address {
				next.Secret = list[i].Secret
			}
			if next.PresenceKey == "" && next.Presence.Address == list[i].Presence.Address {
				next.PresenceKey = list[i].PresenceKey
			}
			next.Version++
			err = tx.SetSource(ctx, next)
		}
		if err != nil {
			return err
		}
		version = next.Version
		e := entry
		e.Kind, e.Subject, e.Body = "source", next.ID, map[string]string{"name": next.Name, "address": next.Address}
		return tx.Append(ctx, e)
	})
	return version, err
}

// PasswordAllowed reports whether an account may have a local password: not
// while a source that forbids them can let its owner in.
func (s *Service) PasswordAllowed(ctx context.Context, id uuid.UUID) (allowed bool, err error) {
	err = s.db.Read(ctx, func(tx Tx) error {
		allowed, err = PasswordAllowed(ctx, tx, id)
		return err
	})
	return allowed, err
}

// PasswordAllowed is the same inside a transaction.
func PasswordAllowed(ctx context.Context, tx Tx, id uuid.UUID) (bool, error) {
	list, err := tx.Sources(ctx)
	if err != nil {
		return false, err
	}
	have, err := tx.Identities(ctx, id)
	for _, src := range list {
		if src.Disabled || !src.NoPassword {
			continue
		}
		if slices.ContainsFunc(have, func(i Identity) bool {
			return i.Trust != Doubtful && (i.Provider == src.Provider() || i.Provider == ByNumber && len(src.Map.Numbers) > 0)
		}) {
			return false, err
		}
	}
	return err == nil, err
}

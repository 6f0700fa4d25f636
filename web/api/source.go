package api

import (
	"context"
	"net/http"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/danielgtaylor/huma/v2"
)

type sourceKind string

func (sourceKind) Schema(huma.Registry) *huma.Schema { return words(account.SourceKinds()...) }

// SourceSetup is how an identity provider is reached and what its attributes
// mean. Secrets are written and never read.
type SourceSetup struct {
	Kind        sourceKind     `json:"kind"`
	Title       string         `json:"title" maxLength:"20"`
	TitleEn     string         `json:"titleEn" maxLength:"40"`
	Address     string         `json:"address" maxLength:"300"`
	Client      string         `json:"client,omitempty" maxLength:"100"`
	Scopes      []string       `json:"scopes,omitempty" maxItems:"20"`
	KnownOnly   bool           `json:"knownOnly,omitempty"`
	NoPassword  bool           `json:"noPassword,omitempty"`
	Disabled    bool           `json:"disabled,omitempty"`
	Attributes  SourceMap      `json:"attributes"`
	Presence    SourcePresence `json:"presence,omitempty"`
	Secret      string         `json:"secret,omitempty" maxLength:"500"`
	PresenceKey string         `json:"presenceKey,omitempty" maxLength:"500"`
}

// SourceMap says in which attributes a source tells what.
type SourceMap struct {
	Numbers   []string `json:"numbers,omitempty" maxItems:"4"`
	Name      string   `json:"name" maxLength:"100"`
	Email     string   `json:"email,omitempty" maxLength:"100"`
	Phone     string   `json:"phone,omitempty" maxLength:"100"`
	Unit      string   `json:"unit,omitempty" maxLength:"100"`
	Kind      string   `json:"kind,omitempty" maxLength:"100"`
	Staff     []string `json:"staff,omitempty" maxItems:"20"`
	Students  []string `json:"students,omitempty" maxItems:"20"`
	Otherwise string   `json:"otherwise,omitempty" maxLength:"40"`
	Strong    string   `json:"strong,omitempty" maxLength:"100"`
	StrongIs  []string `json:"strongIs,omitempty" maxItems:"20"`
}

// SourcePresence is where a source lists who is there.
type SourcePresence struct {
	Address string `json:"address,omitempty" maxLength:"300"`
	Minutes int    `json:"minutes,omitempty" minimum:"0"`
	Part    int    `json:"part,omitempty" minimum:"0" maximum:"100"`
}

// Source is an identity provider by which people sign in.
type Source struct {
	Name    string `json:"name"`
	Version int64  `json:"version"`
	SourceSetup
	ReturnURL string      `json:"returnUrl" format:"uri"`
	List      *SourceList `json:"list,omitempty"` // what became of the last list of people
}

// SourceList is what became of the last list of people of a source.
type SourceList struct {
	State  string     `json:"state"`
	ReadAt *time.Time `json:"readAt,omitempty"`
	Listed int        `json:"listed"`
	Total  int        `json:"total"`
	Gone   int        `json:"gone"`
}

// SourceName names a source in a path.
type SourceName struct {
	Source string `path:"source" maxLength:"32"`
}

type addSource struct {
	Body struct {
		Name string `json:"name" pattern:"^[a-z0-9][a-z0-9-]{0,31}$"`
		SourceSetup
	} `nameHint:"NewSource"`
}

type changeSource struct {
	SourceName
	Versioned
	Body SourceSetup
}

type allowLeavers struct {
	SourceName
	Body struct {
		Count int `json:"count" minimum:"1"`
	} `nameHint:"Leavers"`
}

func (a *API) sources() {
	add(a, operation{id: "list-sources", method: http.MethodGet, path: "/sign-in-sources", tag: "sources", do: account.ManageSources},
		func(ctx context.Context, c caller, _ *struct{}) (*tagged[list[Source]], error) {
			all, err := a.Account.Sources(ctx, c.who)
			if err != nil {
				return nil, err
			}
			out := list[Source]{Items: []Source{}}
			for _, src := range all {
				out.Items = append(out.Items, a.sourceOf(src))
			}
			return tag(0, out)
		})
	add(a, operation{id: "get-source", method: http.MethodGet, path: "/sign-in-sources/{source}", tag: "sources", do: account.ManageSources},
		func(ctx context.Context, c caller, in *SourceName) (*tagged[Source], error) {
			return a.source(ctx, c, in.Source)
		})
	add(a, operation{id: "add-source", method: http.MethodPost, path: "/sign-in-sources", tag: "sources", do: account.ManageSources, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusCreated }},
		func(ctx context.Context, c caller, in *addSource) (*tagged[Source], error) {
			if _, err := a.Account.SaveSource(context.WithoutCancel(ctx), c.who, in.Body.source(in.Body.Name, 0)); err != nil {
				return nil, err
			}
			return a.source(ctx, c, in.Body.Name)
		})
	add(a, operation{id: "change-source", method: http.MethodPut, path: "/sign-in-sources/{source}", tag: "sources", do: account.ManageSources, write: true},
		func(ctx context.Context, c caller, in *changeSource) (*tagged[Source], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			_, err = a.Account.SaveSource(context.WithoutCancel(ctx), c.who, in.Body.source(in.Source, version))
			if catalog.CodeOf(err) == catalog.Conflict { // of one that is there nothing else can be in the way
				err = errStale
			}
			if err != nil {
				return nil, err
			}
			return a.source(ctx, c, in.Source)
		})
	add(a, operation{id: "allow-leavers", method: http.MethodPost, path: "/sign-in-sources/{source}/leavers", tag: "sources", do: account.ManageSources, write: true,
		adjust: func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent }},
		func(ctx context.Context, c caller, in *allowLeavers) (*struct{}, error) {
			return nil, a.Account.AllowLeavers(context.WithoutCancel(ctx), c.who, in.Source, in.Body.Count)
		})
}

// source is one source without its secrets, with what became of its list.
func (a *API) source(ctx context.Context, c caller, name string) (*tagged[Source], error) {
	src, err := a.Account.Source(ctx, name)
	if err != nil {
		return nil, err
	}
	out := a.sourceOf(src)
	r, err := a.Account.PresenceOf(ctx, c.who, name)
	if err != nil {
		return nil, err
	}
	if r.State != "" {
		out.List = &SourceList{State: string(r.State), ReadAt: maybe(r.ReadAt), Listed: r.Listed, Total: r.Total, Gone: r.Gone}
	}
	return tag(src.Version, out)
}

func (a *API) sourceOf(s account.Source) Source {
	m := s.Map
	return Source{Name: s.Name, Version: s.Version, ReturnURL: a.BaseURL.JoinPath("sign-in", "with", s.Name, "return").String(),
		SourceSetup: SourceSetup{Kind: sourceKind(s.Kind), Title: s.Title, TitleEn: s.TitleEn, Address: s.Address, Client: s.Client, Scopes: s.Scopes, KnownOnly: s.Known,
			NoPassword: s.NoPassword, Disabled: s.Disabled,
			Attributes: SourceMap{Numbers: m.Numbers, Name: m.Name, Email: m.Email, Phone: m.Phone, Unit: m.Unit, Kind: m.Kind, Staff: m.Staff, Students: m.Student,
				Otherwise: string(m.Otherwise), Strong: m.Strong, StrongIs: m.StrongIs},
			Presence: SourcePresence{Address: s.Presence.Address, Minutes: s.Presence.Minutes, Part: s.Presence.Part}}}
}

func (b SourceSetup) source(name string, version int64) account.Source {
	m := b.Attributes
	return account.Source{Name: name, Version: version, Disabled: b.Disabled, Secrets: account.Secrets{Secret: b.Secret, PresenceKey: b.PresenceKey},
		SourceSetup: account.SourceSetup{Kind: account.SourceKind(b.Kind), Title: b.Title, TitleEn: b.TitleEn, Address: b.Address, Client: b.Client, Scopes: b.Scopes, Known: b.KnownOnly,
			NoPassword: b.NoPassword, Presence: account.PresenceSetup{Address: b.Presence.Address, Minutes: b.Presence.Minutes, Part: b.Presence.Part},
			Map: account.AttributeMap{Numbers: m.Numbers, Name: m.Name, Email: m.Email, Phone: m.Phone, Unit: m.Unit, Kind: m.Kind, Staff: m.Staff, Student: m.Students,
				Otherwise: account.Role(m.Otherwise), Strong: m.Strong, StrongIs: m.StrongIs}}}
}

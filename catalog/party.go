package catalog

import (
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// PartyKind tells enterprises from the units of a university.
type PartyKind string

// Kinds of parties.
const (
	PartyEnterprise PartyKind = "enterprise"
	PartyUniversity PartyKind = "university"
	PartyUnit       PartyKind = "unit" // school, department, laboratory
	PartyAgency     PartyKind = "agency"
	PartyOther      PartyKind = "other"
)

// Party is an organisation: an enterprise, the university, one of its units.
// Units are renamed and merged: From and Until date them, PredecessorID names
// the one before.
type Party struct {
	ID            uuid.UUID
	Code          string
	Version       int64
	Kind          PartyKind
	Name          string
	CreditCode    string // unified social credit code, 18 characters, checked
	Nature        string // 单位性质 as written
	Industry      string // 所属行业 as written
	Region        string
	Intro         string
	Jobs          string // 招聘岗位 as written
	PredecessorID uuid.UUID
	From, Until   Date
	Contact       Contact `json:"-"` // kept apart, encrypted
	Extra         map[string]string
	CreatedAt     int64
	UpdatedAt     int64
}

// Person is somebody of the university or of a party. The staff number or the
// ORCID is the key; two people of one name are never merged.
type Person struct {
	ID        uuid.UUID
	Code      string
	Version   int64
	StaffNo   string
	ORCID     string // checked, 0000-0000-0000-0000
	Name      string
	Unit      string
	Title     string // 职称 as written
	Interests []string
	Extra     map[string]string
	CreatedAt int64
	UpdatedAt int64
}

// Contact is how to reach whoever answers for a thing. It is class office:
// phones are encrypted at rest, none of it enters index, log or export, and
// it goes to an enterprise only by that person's consent.
type Contact struct {
	Name      string
	Phone     string
	Landline  string
	Email     string
	LegalRep  string // 法人
	OwnerTel  string // 权属人联系电话
	PartyName string // 单位名称 where it is not the thing's own unit
}

// Masked is the contact as screens show it until somebody asks for the whole:
// enough to recognise a number by, not enough to use it (never-rule 7).
func (c Contact) Masked() Contact {
	c.Phone, c.Landline, c.OwnerTel = maskNumber(c.Phone), maskNumber(c.Landline), maskNumber(c.OwnerTel)
	if name, host, ok := strings.Cut(c.Email, "@"); ok && name != "" {
		_, first := utf8.DecodeRuneInString(name)
		c.Email = name[:first] + "***@" + host
	} else if c.Email != "" {
		c.Email = "***"
	}
	return c
}

// maskNumber keeps the first three and the last two of a longer number and
// nothing of a short one.
func maskNumber(s string) string {
	rs := []rune(s)
	switch {
	case len(rs) == 0:
		return ""
	case len(rs) < 8:
		return "***"
	}
	return string(rs[:3]) + "****" + string(rs[len(rs)-2:])
}

// Empty reports whether nothing is known.
func (c Contact) Empty() bool { return c == Contact{} }

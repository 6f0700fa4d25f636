package catalog

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Key is what a second import recognises a result by: the id that the file
// gave, else the application or registration number of a patent, else title
// and owner. It stays as it was made at the first import.
func (r *Result) Key() string {
	switch {
	case r.GivenID != "":
		return "id:" + r.GivenID
	case r.Kind == KindPatent && len(r.Rights) > 0 && r.Rights[0].Number != "":
		return "no:" + r.Rights[0].Number
	}
	return "to:" + Fold(r.Title) + "|" + Fold(r.owner())
}

func (r *Result) owner() string {
	if len(r.Owners) > 0 {
		return strings.Join(r.Owners, ";")
	}
	return r.Organization
}

// Key is what a second import recognises a need by: the given id, else title
// and owner; a need without a title is known by its text.
func (n *Need) Key() string {
	if n.GivenID != "" {
		return "id:" + n.GivenID
	}
	return "to:" + Fold(n.Title) + "|" + Fold(n.OwnerName)
}

// Key is the credit code, else the name.
func (p *Party) Key() string {
	if p.CreditCode != "" {
		return "cc:" + p.CreditCode
	}
	return "nm:" + Fold(p.Name)
}

// Keys are what a second import recognises a person by, the first one first:
// the staff number, then the ORCID; never the name.
func (p *Person) Keys() []string {
	var keys []string
	if p.StaffNo != "" {
		keys = append(keys, "st:"+p.StaffNo)
	}
	if p.ORCID != "" {
		keys = append(keys, "or:"+p.ORCID)
	}
	return keys
}

const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ" // nothing that is misread on a phone

// ShortCode is the public code of a thing: prefix, hyphen and ten characters
// drawn from the random tail of its id. It is an address, never a secret.
func ShortCode(prefix string, id uuid.UUID) string {
	var n uint64
	for _, b := range id[8:] {
		n = n<<8 | uint64(b)
	}
	n &= 1<<62 - 1 // drop the variant bits
	out := make([]byte, 10)
	for i := range out {
		out[i] = codeAlphabet[n%uint64(len(codeAlphabet))]
		n /= uint64(len(codeAlphabet))
	}
	slices.Reverse(out)
	return prefix + "-" + string(out)
}

// IsShortCode reports whether s has the shape of a public code.
func IsShortCode(s string) bool {
	return len(s) == 12 && s[1] == '-' && strings.Trim(s[2:], codeAlphabet) == ""
}

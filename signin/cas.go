package signin

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"datai/account"
	"datai/catalog"
)

// CAS Protocol 3.0 Specification, version 3.0.3, of Apereo; sections are those
// of https://apereo.github.io/cas/development/protocol/CAS-Protocol-Specification.html

// Namespaces of what CAS servers send: sections 2.5.2 and appendix C.
const (
	casSpace  = "http://www.yale.edu/tp/cas"
	samlSpace = "urn:oasis:names:tc:SAML:2.0:protocol"
)

// ticket is a service ticket: it begins with ST- and has up to 256 characters
// (3.1.1). Servers put the name of their machine into it, so dots and
// underscores are taken besides the letters, digits and hyphens of 3.7.
var ticket = regexp.MustCompile(`^ST-[A-Za-z0-9._-]{1,253}$`)

// join puts a path behind the address of a source.
func join(address string, path ...string) string {
	u, err := url.JoinPath(address, path...)
	if err != nil {
		return ""
	}
	return u
}

// casLogin is /login as credential requestor (2.1).
func (c *Client) casLogin(src account.Source) string {
	return join(src.Address, "login") + "?" + url.Values{"service": {c.service(src)}}.Encode()
}

// casReturn validates the ticket that a browser brought (2.8): the server says
// whose it is, once.
func (c *Client) casReturn(ctx context.Context, src account.Source, query url.Values) (account.Assertion, error) {
	given := query["ticket"]
	if len(given) != 1 || !ticket.MatchString(given[0]) {
		return account.Assertion{}, catalog.Refuse(catalog.Invalid, "federation.no_ticket")
	}
	answer, err := c.get(ctx, join(src.Address, "p3", "serviceValidate")+"?"+url.Values{"service": {c.service(src)}, "ticket": {given[0]}}.Encode())
	if err != nil {
		return account.Assertion{}, err
	}
	a, err := readCAS(answer)
	if err != nil {
		return account.Assertion{}, err
	}
	a.Session, a.Once = given[0], given[0]
	return a, nil
}

// Bounds of an XML document from outside.
const (
	xmlDeep  = 8
	xmlNodes = 1000
)

// node is an element with the text and the elements that stand in it.
type node struct {
	name  xml.Name
	attrs []xml.Attr
	text  strings.Builder
	in    []*node
}

// readXML reads a document of one root. Entities other than those of XML
// itself, and everything that could declare them, are refused.
func readXML(text []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(text)) //nolint:gosec // it makes tokens, which are bounded here, and no objects
	d.Strict = true
	var root *node
	var open []*node
	nodes := 0
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, errors.New("a declaration, where none belongs")
		case xml.StartElement:
			n := &node{name: t.Name, attrs: slices.Clone(t.Attr)}
			if nodes++; nodes > xmlNodes || len(open) == xmlDeep {
				return nil, errors.New("too many elements, or too deep")
			}
			switch {
			case len(open) > 0:
				up := open[len(open)-1]
				up.in = append(up.in, n)
			case root != nil:
				return nil, errors.New("more than one root")
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(t)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, errors.New("text outside the root")
			}
		}
	}
	if root == nil {
		return nil, errors.New("no element")
	}
	return root, nil
}

// value is the text of an element without the space around it.
func (n *node) value() string { return catalog.Clean(n.text.String()) }

// all are the elements of a name right inside one.
func (n *node) all(space, name string) []*node {
	return slices.DeleteFunc(slices.Clone(n.in), func(in *node) bool { return in.name != xml.Name{Space: space, Local: name} })
}

// readCAS reads a serviceResponse (2.5.2, 2.5.5, appendix A). It holds a success
// with one user or a failure, and nothing of both.
func readCAS(text []byte) (a account.Assertion, err error) {
	unclear := func(why string) error {
		return catalog.Refuse(catalog.Unavailable, "federation.unclear").Because(errors.New(why))
	}
	root, err := readXML(text)
	if err != nil {
		return a, unclear(err.Error())
	}
	if root.name != (xml.Name{Space: casSpace, Local: "serviceResponse"}) || len(root.in) != 1 {
		return a, unclear("no serviceResponse with one element")
	}
	if failed := root.all(casSpace, "authenticationFailure"); len(failed) == 1 {
		code := ""
		for _, at := range failed[0].attrs {
			if at.Name.Local == "code" {
				code = at.Value
			}
		}
		return a, casRefused(code)
	}
	success := root.all(casSpace, "authenticationSuccess")
	if len(success) != 1 {
		return a, unclear("neither a success nor a failure")
	}
	users := success[0].all(casSpace, "user")
	if len(users) != 1 || users[0].value() == "" || len(users[0].in) > 0 {
		return a, unclear("not one user")
	}
	if len(success[0].all(casSpace, "proxies")) > 0 { // 2.5: not for a proxy ticket
		return a, catalog.Refuse(catalog.Forbidden, "federation.ticket")
	}
	a.Subject = users[0].value()
	a.Attributes = map[string][]string{}
	for _, set := range success[0].all(casSpace, "attributes") {
		for _, n := range set.in {
			if v := n.value(); v != "" && len(n.in) == 0 {
				a.Attributes[n.name.Local] = append(a.Attributes[n.name.Local], v)
			}
		}
	}
	a.Attributes["user"] = []string{a.Subject}
	return a, nil
}

// casRefused is what a code of 2.5.3 means for who waits: the ticket is no good,
// or the server is not well, or does not know us.
func casRefused(code string) error {
	cause := fmt.Errorf("the CAS server answers %q", code)
	switch code {
	case "INVALID_TICKET", "INVALID_TICKET_SPEC":
		return catalog.Refuse(catalog.Forbidden, "federation.ticket").Because(cause)
	case "INTERNAL_ERROR":
		return catalog.Refuse(catalog.Unavailable, "federation.silent").Because(cause)
	}
	return catalog.Refuse(catalog.Forbidden, "federation.service").Because(cause)
}

// casEnded reads a logout request (2.3.3 and appendix C), which names the ticket
// of the sign-in that has ended. Whoever knows a ticket has it from the server
// or from the browser that it was given to.
func casEnded(text string) (account.Ending, error) {
	wrong := catalog.Refuse(catalog.Invalid, "federation.no_end")
	if len(text) > 16<<10 {
		return account.Ending{}, wrong
	}
	root, err := readXML([]byte(text))
	if err != nil {
		return account.Ending{}, wrong.Because(err)
	}
	index := root.all(samlSpace, "SessionIndex")
	if root.name != (xml.Name{Space: samlSpace, Local: "LogoutRequest"}) || len(index) != 1 || !ticket.MatchString(index[0].value()) {
		return account.Ending{}, wrong
	}
	return account.Ending{Session: index[0].value()}, nil
}

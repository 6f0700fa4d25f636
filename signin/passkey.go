package signin

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"datai/account"
	"datai/catalog"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"
)

// Passkeys makes and checks what passes between a page and a device that holds
// passkeys: W3C Web Authentication, Level 3, sections 7.1 and 7.2. Between the
// question and the answer nothing is kept here: the question stands in a cookie
// that only we can read and make.
type Passkeys struct {
	c    *Client
	with *webauthn.WebAuthn
}

// passkeyLife is how long a device may take to answer.
const passkeyLife = 5 * time.Minute

// passkeyMost is the largest answer in bytes. A credential id has at most 1,023
// (section 4), a public key and an attestation a few hundred to some thousand.
const passkeyMost = 32 << 10

// Passkeys makes them for the address of the client; name is that of the site.
// ok is false where browsers have none: without TLS other than on this machine,
// and under an address that is a number.
func (c *Client) Passkeys(name string) (p *Passkeys, ok bool, err error) {
	host := c.Base.Hostname()
	if net.ParseIP(host) != nil || c.Base.Scheme != "https" && host != "localhost" {
		return nil, false, nil
	}
	with, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{origin(c.Base)},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired, // device and PIN or finger: two factors
		},
		Timeouts: webauthn.TimeoutsConfig{Login: webauthn.TimeoutConfig{Timeout: passkeyLife}, Registration: webauthn.TimeoutConfig{Timeout: passkeyLife}},
	})
	if err != nil {
		return nil, false, fmt.Errorf("signin: passkeys: %w", err)
	}
	return &Passkeys{c: c, with: with}, true, nil
}

func origin(base *url.URL) string { return base.Scheme + "://" + base.Host }

// holder is an account as the library sees it. Its handle is the id, which says
// nothing about a person.
type holder struct {
	id   uuid.UUID
	name string
	keys []webauthn.Credential
}

func (h holder) WebAuthnID() []byte                         { return h.id[:] }
func (h holder) WebAuthnName() string                       { return h.name }
func (h holder) WebAuthnDisplayName() string                { return h.name }
func (h holder) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func hold(id uuid.UUID, name string, keys []account.Passkey) (holder, error) {
	h := holder{id: id, name: name}
	for _, k := range keys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Record, &c); err != nil {
			return h, fmt.Errorf("signin: passkey %s: %w", k.ID, err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

// asked is what was asked of a device.
type asked struct {
	Session webauthn.SessionData `json:"s"`
	At      int64                `json:"at"` // unix ms
}

// What a cookie is for; whoever adds a passkey is part of it.
const forEntering = "passkey enter"

func forAdding(p account.Principal) string { return "passkey add " + p.ID.String() }

// ask seals a question and writes what the page hands to the device.
func (p *Passkeys) ask(what string, options any, s *webauthn.SessionData) (question []byte, cookie string, err error) {
	if question, err = json.Marshal(options); err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(asked{*s, p.c.Now().UnixMilli()})
	if err != nil {
		return nil, "", err
	}
	return question, base64.RawURLEncoding.EncodeToString(p.c.aead.Seal(nil, nil, text, []byte(what))), nil //nolint:gosec // the nonce is drawn inside
}

// recall opens the cookie that came with an answer.
func (p *Passkeys) recall(what, cookie string) (webauthn.SessionData, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(raw) == 0 {
		return webauthn.SessionData{}, refuse(errors.New("no cookie"))
	}
	text, err := p.c.aead.Open(nil, nil, raw, []byte(what))
	if err != nil {
		return webauthn.SessionData{}, refuse(err)
	}
	var a asked
	if err := json.Unmarshal(text, &a); err != nil {
		return webauthn.SessionData{}, refuse(err)
	}
	if age := p.c.Now().UnixMilli() - a.At; age < 0 || age > passkeyLife.Milliseconds() {
		return webauthn.SessionData{}, refuse(errors.New("late"))
	}
	return a.Session, nil
}

// refuse is account.ErrPasskey with a cause for the log. What the library says
// names no person.
func refuse(cause error) error {
	if e, ok := errors.AsType[*protocol.Error](cause); ok {
		cause = errors.New(e.Details + " " + e.DevInfo)
	}
	return catalog.Refuse(catalog.Forbidden, "passkeys.refused").Because(cause)
}

// AskToAdd makes the question by which a device makes a passkey for p, who has
// some already.
func (p *Passkeys) AskToAdd(who account.Principal, have []account.Passkey) (question []byte, cookie string, err error) {
	h, err := hold(who.ID, who.Name, have)
	if err != nil {
		return nil, "", err
	}
	options, s, err := p.with.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, "", fmt.Errorf("signin: passkeys: %w", err)
	}
	return p.ask(forAdding(who), options.Response, s)
}

// Add checks the answer to AskToAdd. It returns what the device calls the new
// passkey, what is to be kept of it, and what it answered, which serves once.
func (p *Passkeys) Add(who account.Principal, cookie, answer string) (handle, record []byte, once string, err error) {
	s, err := p.recall(forAdding(who), cookie)
	if err != nil {
		return nil, nil, "", err
	}
	if len(answer) > passkeyMost {
		return nil, nil, "", refuse(errors.New("long"))
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, nil, "", refuse(err)
	}
	c, err := p.with.CreateCredential(holder{id: who.ID, name: who.Name}, s, parsed)
	if err != nil {
		return nil, nil, "", refuse(err)
	}
	c.Attestation = webauthn.CredentialAttestation{} // which make of device it is concerns nobody
	record, err = json.Marshal(c)
	return c.ID, record, s.Challenge, err
}

// AskToEnter makes the question that whoever holds a passkey of ours answers.
func (p *Passkeys) AskToEnter() (question []byte, cookie string, err error) {
	options, s, err := p.with.BeginDiscoverableLogin()
	if err != nil {
		return nil, "", fmt.Errorf("signin: passkeys: %w", err)
	}
	return p.ask(forEntering, options.Response, s)
}

// Enter checks the answer to AskToEnter by the passkeys that of finds for an
// account. It returns the passkey with the record that follows, and what it
// answered, which serves once. A counter that went back, which two devices with
// one key make, is refused.
func (p *Passkeys) Enter(ctx context.Context, cookie, answer string, of func(context.Context, uuid.UUID) ([]account.Passkey, error)) (k account.Passkey, once string, err error) {
	s, err := p.recall(forEntering, cookie)
	if err != nil {
		return k, "", err
	}
	if len(answer) > passkeyMost {
		return k, "", refuse(errors.New("long"))
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return k, "", refuse(err)
	}
	id, err := uuid.FromBytes(parsed.Response.UserHandle)
	if err != nil {
		return k, "", refuse(err)
	}
	keys, err := of(ctx, id)
	if err != nil {
		return k, "", err
	}
	h, err := hold(id, "", keys)
	if err != nil {
		return k, "", err
	}
	_, c, err := p.with.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return h, nil }, s, parsed)
	if err != nil {
		return k, "", refuse(err)
	}
	if c.Authenticator.CloneWarning {
		return k, "", refuse(errors.New("the counter of the passkey went back"))
	}
	for i, had := range h.keys {
		if bytes.Equal(had.ID, c.ID) {
			k = keys[i]
		}
	}
	k.Record, err = json.Marshal(c)
	return k, s.Challenge, err
}

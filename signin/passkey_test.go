package signin_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"datai/account"
	"datai/signin"

	"github.com/google/uuid"
)

// Bits of authenticator data: W3C Web Authentication, Level 3, section 6.1.
const userPresent, userVerified, attested = 1, 4, 64

// device holds one passkey, as an authenticator and a browser would, and can be
// made to lie.
type device struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32
	flags   byte
	origin  string
	rp      string
}

func newDevice(t *testing.T) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{t: t, key: key, id: make([]byte, 32), counter: 1, flags: userPresent | userVerified, origin: "https://tt.example.edu.cn", rp: "tt.example.edu.cn"}
	_, _ = rand.Read(d.id)
	return d
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (d *device) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(d.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), d.counter)
}

func (d *device) client(kind, challenge string) []byte {
	text, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

func (d *device) answer(response map[string]any) string {
	text, err := json.Marshal(map[string]any{"id": b64(d.id), "rawId": b64(d.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// question is what of a question a device needs.
type question struct {
	Challenge string
	User      struct{ ID string }
}

func (d *device) read(raw []byte) (q question) {
	d.t.Helper()
	if err := json.Unmarshal(raw, &q); err != nil {
		d.t.Fatal(err)
	}
	return q
}

// make makes the passkey; CBOR (RFC 8949) is written out by hand.
func (d *device) make(raw []byte) string {
	d.t.Helper()
	q := d.read(raw)
	var err error
	if d.handle, err = base64.RawURLEncoding.DecodeString(q.User.ID); err != nil {
		d.t.Fatal(err)
	}
	point, err := d.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		d.t.Fatal(err)
	}
	auth := append(d.data(d.flags|attested), make([]byte, 16)...)
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(d.id)))
	auth = append(auth, d.id...)
	auth = append(auth, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32) // {kty: EC2, alg: ES256, crv: P-256, x:
	auth = append(auth, point[1:33]...)
	auth = append(auth, 0x22, 0x58, 32) // y:
	auth = append(auth, point[33:]...)
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59")
	object = append(binary.BigEndian.AppendUint16(object, uint16(len(auth))), auth...)
	return d.answer(map[string]any{"clientDataJSON": b64(d.client("webauthn.create", q.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}})
}

// sign answers a question.
func (d *device) sign(raw []byte) string {
	d.t.Helper()
	d.counter++
	client, auth := d.client("webauthn.get", d.read(raw).Challenge), d.data(d.flags)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, auth...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(signature), "userHandle": b64(d.handle)})
}

func somebody(name string) account.Principal { return account.Principal{ID: uuid.New(), Name: name} }

func newPasskeys(t *testing.T) (*signin.Passkeys, *clock) {
	t.Helper()
	c, at := newClient(t, time.Second)
	p, ok, err := c.Passkeys("示范大学")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return p, at
}

// added is a device with a passkey of who, and the passkey as it is kept.
func added(t *testing.T, p *signin.Passkeys, who account.Principal) (*device, account.Passkey) {
	t.Helper()
	d := newDevice(t)
	q, cookie, err := p.AskToAdd(who, nil)
	if err != nil {
		t.Fatal(err)
	}
	handle, record, once, err := p.Add(who, cookie, d.make(q))
	if err != nil || once == "" || string(handle) != string(d.id) {
		t.Fatal(once, err)
	}
	return d, account.Passkey{ID: uuid.New(), AccountID: who.ID, Handle: handle, Record: record, Version: 1}
}

// kept finds the passkeys of one account.
func kept(who account.Principal, k ...account.Passkey) func(context.Context, uuid.UUID) ([]account.Passkey, error) {
	return func(_ context.Context, id uuid.UUID) ([]account.Passkey, error) {
		if id != who.ID {
			return nil, account.ErrPasskey
		}
		return k, nil
	}
}

func enter(t *testing.T, p *signin.Passkeys, d *device, of func(context.Context, uuid.UUID) ([]account.Passkey, error)) (account.Passkey, error) {
	t.Helper()
	q, cookie, err := p.AskToEnter()
	if err != nil {
		t.Fatal(err)
	}
	k, _, err := p.Enter(t.Context(), cookie, d.sign(q), of)
	return k, err
}

func TestAPasskeySignsIn(t *testing.T) {
	p, _ := newPasskeys(t)
	who := somebody("王老师")
	d, k := added(t, p, who)
	_, other := added(t, p, who)
	got, err := enter(t, p, d, kept(who, other, k))
	if err != nil || got.ID != k.ID || string(got.Record) == string(k.Record) {
		t.Fatalf("%v, the record followed: %v; %v", got.ID == k.ID, string(got.Record) != string(k.Record), err)
	}
	if _, err := enter(t, p, d, kept(who, got)); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if strings.Contains(string(k.Record), "王老师") {
		t.Error("the record names its owner")
	}
}

func TestWhatNoPasskeyMayDo(t *testing.T) {
	for name, lie := range map[string]func(*device){
		"a page elsewhere":       func(d *device) { d.origin = "https://tt.example.edu.cn.example.com" },
		"plain http":             func(d *device) { d.origin = "http://tt.example.edu.cn" },
		"made for another site":  func(d *device) { d.rp = "example.com" },
		"nobody unlocked it":     func(d *device) { d.flags = userPresent },
		"nobody was there":       func(d *device) { d.flags = userVerified },
		"another key":            func(d *device) { d.key = newDevice(d.t).key },
		"another id":             func(d *device) { d.id = newDevice(d.t).id },
		"the counter went back":  func(d *device) { d.counter -= 2 },
		"the account of another": func(d *device) { d.handle = uuid.New().NodeID() },
		"nobody's account":       func(d *device) { id := uuid.New(); d.handle = id[:] },
		"no handle":              func(d *device) { d.handle = nil },
		"an id that is too long": func(d *device) { d.id = make([]byte, 2000) },
		"an endless answer":      func(d *device) { d.origin = strings.Repeat("a", 1<<20) },
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := newPasskeys(t)
			who := somebody("王老师")
			d, k := added(t, p, who)
			if k2, err := enter(t, p, d, kept(who, k)); err != nil {
				t.Fatal(err)
			} else {
				k = k2
			}
			lie(d)
			_, err := enter(t, p, d, kept(who, k))
			refusal(t, err, "passkeys.refused")
		})
	}
}

func TestAnAnswerFitsItsQuestion(t *testing.T) {
	p, at := newPasskeys(t)
	who, stranger := somebody("王老师"), somebody("李老师")
	d, k := added(t, p, who)
	q, cookie, err := p.AskToEnter()
	if err != nil {
		t.Fatal(err)
	}
	q2, cookie2, err := p.AskToEnter()
	if err != nil {
		t.Fatal(err)
	}
	addQ, addCookie, err := p.AskToAdd(who, []account.Passkey{k})
	if err != nil || !strings.Contains(string(addQ), b64(d.id)) {
		t.Fatal("the question to add leaves out what there is", err)
	}
	for name, c := range map[string]struct{ cookie, answer string }{
		"no cookie":                   {"", d.sign(q)},
		"a cookie of ours for adding": {addCookie, d.sign(q)},
		"another question's cookie":   {cookie2, d.sign(q)},
		"a cookie that was changed":   {cookie[:len(cookie)-2] + "AA", d.sign(q)},
		"no answer":                   {cookie, ""},
		"an answer that is none":      {cookie, `{"id":"x","response":{}}`},
		"not even JSON":               {cookie, "\x00{"},
	} {
		_, _, err := p.Enter(t.Context(), c.cookie, c.answer, kept(who, k))
		if err == nil {
			t.Errorf("%s lets in", name)
			continue
		}
		refusal(t, err, "passkeys.refused")
	}
	other := newDevice(t)
	for name, c := range map[string]struct {
		who    account.Principal
		cookie string
	}{"somebody else's question": {stranger, addCookie}, "a question to enter": {who, cookie}, "no question": {who, ""}} {
		if _, _, _, err := p.Add(c.who, c.cookie, other.make(addQ)); err == nil {
			t.Errorf("%s adds a passkey", name)
		} else {
			refusal(t, err, "passkeys.refused")
		}
	}
	other.flags = userPresent
	_, _, _, err = p.Add(who, addCookie, other.make(addQ))
	refusal(t, err, "passkeys.refused") // a device without PIN or finger
	at.at = at.at.Add(5*time.Minute + time.Millisecond)
	_, _, err = p.Enter(t.Context(), cookie2, d.sign(q2), kept(who, k))
	refusal(t, err, "passkeys.refused") // late
}

func TestWherePasskeysAre(t *testing.T) {
	for address, want := range map[string]bool{
		"https://tt.example.edu.cn": true, "https://tt.example.edu.cn:8443": true, "http://localhost:8080": true,
		"http://tt.example.edu.cn": false, "http://127.0.0.1:8080": false, "https://10.1.2.3": false, "https://[::1]:8080": false,
	} {
		base, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := signin.New(signin.Config{Base: base, Now: time.Now}).Passkeys("示范大学"); ok != want || err != nil {
			t.Errorf("%s: %v, %v", address, ok, err)
		}
	}
}

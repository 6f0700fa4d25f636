package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"datai/account"
	"datai/ops"
	"datai/store"
	"datai/wording"
)

// The clauses are those of GB/T 22239-2019, 8.1.4 (level 3, secure computing
// environment), with the letters of its requirements as assessments by GB/T
// 28448-2019 list them. What is said of a clause is what can be seen from inside
// the program; what only people can look at is "ask".
const standard = "GB/T 22239-2019 "

// stranger is how long an account that nobody used is not questioned.
const stranger = 90 * 24 * time.Hour

// level3 says of each clause how the installation stands and what shows it.
type level3 struct {
	l      wording.Lang
	server *served           // nil when none answers
	seen   map[string]string // name and proof of what the doctor found, by name
	states map[string]ops.State
	people people
	items  []ops.Item
}

// people are counts of accounts.
type people struct {
	all, disabled, idle, mixed, privileged int
	unasked, enrolled                      int // of the privileged: no second factor is asked of; have one
	entries                                int64
}

// mixed reports whether an account is an administrator and something else that
// reads business data, or two administrators.
func mixed(a account.Account) bool {
	admins, office := 0, false
	for _, r := range a.Roles {
		if slices.Contains(account.Administrators(), r) {
			admins++
		}
		office = office || account.Principal{Acting: r}.May(account.SeeOffice)
	}
	return admins > 1 || admins == 1 && office
}

func countPeople(ctx context.Context, db *store.DB, now time.Time) (n people, err error) {
	err = db.Read(ctx, func(tx *store.Tx) error {
		n = people{}
		rule, err := tx.FactorRule(ctx)
		if err != nil {
			return err
		}
		for page := (account.Page{Limit: 500}); ; {
			list, next, err := tx.Accounts(ctx, account.Filter{}, page)
			if err != nil {
				return err
			}
			for _, a := range list {
				n.add(a, now)
				if err := n.addFactors(ctx, tx, rule, a, now); err != nil {
					return err
				}
			}
			if next.Limit == 0 {
				break
			}
			page = next
		}
		n.entries, err = tx.CountEntries(ctx)
		return err
	})
	return n, err
}

func (n *people) add(a account.Account, now time.Time) {
	n.all++
	switch {
	case a.Out(now.UnixMilli()):
		n.disabled++
		return
	case a.EnteredAt == 0 && now.UnixMilli()-a.CreatedAt > stranger.Milliseconds():
		n.idle++
	}
	if mixed(a) {
		n.mixed++
	}
	if a.Privileged() {
		n.privileged++
	}
}

// addFactors counts who is asked for a second factor and who has one.
func (n *people) addFactors(ctx context.Context, tx *store.Tx, rule account.FactorRule, a account.Account, now time.Time) error {
	if !a.Privileged() || a.Out(now.UnixMilli()) {
		return nil
	}
	have, _, err := tx.Authenticator(ctx, a.ID)
	if err != nil {
		return err
	}
	keys, err := tx.Passkeys(ctx, a.ID)
	if err != nil {
		return err
	}
	if have.ConfirmedAt > 0 || len(keys) > 0 {
		n.enrolled++
	}
	if have.ConfirmedAt == 0 && !rule.Asks(a.Roles) {
		n.unasked++
	}
	return nil
}

// dengbao3 is the profile: found is what the doctor has seen already.
func dengbao3(ctx context.Context, a *app, l wording.Lang, found []ops.Item, now time.Time) ([]ops.Item, error) {
	p := &level3{l: l, server: a.served, seen: map[string]string{}, states: map[string]ops.State{}}
	for _, i := range found {
		p.seen[i.Name], p.states[i.Name] = l.Say("doctor.item."+i.Name)+" "+i.Proof, i.State
	}
	var err error
	if p.people, err = countPeople(ctx, a.db, now); err != nil {
		return nil, err
	}
	p.identity()
	p.access()
	p.audit()
	p.machine()
	p.data()
	return p.items, nil
}

func (p *level3) say(clause, name string, state ops.State, proof string) {
	p.items = append(p.items, ops.Item{Name: "level3_" + name, Clause: standard + clause, State: state, Proof: proof})
}

// served says of a clause what depends on how the server was started.
func (p *level3) served(clause, name string, look func(s *served) (ops.State, string)) {
	if p.server == nil {
		p.say(clause, name, ops.Ask, p.l.Say("doctor.proof.no_server"))
		return
	}
	state, proof := look(p.server)
	p.say(clause, name, state, proof)
}

// by repeats what the doctor found under these names; the worst counts.
func (p *level3) by(clause, name string, names ...string) {
	state, proofs := ops.Fine, []string{}
	for _, n := range names {
		proof, ok := p.seen[n]
		if !ok {
			proof, p.states[n] = p.l.Say("doctor.item."+n)+" ?", ops.Ask
		}
		proofs = append(proofs, proof)
		state = ops.Worse(state, p.states[n])
	}
	p.say(clause, name, state, strings.Join(proofs, "; "))
}

func (p *level3) identity() {
	n := p.people
	p.say("8.1.4.1 a)", "unique", ops.Made, p.l.Say("doctor.proof.unique", "n", strconv.Itoa(n.all)))
	p.say("8.1.4.1 b)", "idle", ops.Made, p.l.Say("doctor.proof.idle", "minutes", strconv.Itoa(int(account.SignInIdle.Minutes())), "hours", strconv.Itoa(int(account.SignInLife.Hours()))))
	p.served("8.1.4.1 c)", "transport", p.transport)
	p.say("8.1.4.1 d)", "second_factor", judged(n.unasked > 0), p.l.Say("doctor.proof.second_factor", "n", strconv.Itoa(n.privileged), "unasked", strconv.Itoa(n.unasked), "enrolled", strconv.Itoa(n.enrolled)))
}

// transport reports whether what people type is encrypted on its way.
func (p *level3) transport(s *served) (ops.State, string) {
	switch {
	case s.cert != nil:
		return ops.Fine, p.l.Say("doctor.proof.tls_here", "url", s.base)
	case s.BaseURL != nil && s.BaseURL.Scheme == "https":
		return ops.Fine, p.l.Say("doctor.proof.tls_before", "url", s.base)
	}
	return ops.Broken, p.l.Say("doctor.proof.no_tls", "url", s.base)
}

func (p *level3) access() {
	n := p.people
	p.say("8.1.4.2 a)", "permissions", ops.Made, p.l.Say("doctor.proof.permissions", "roles", strconv.Itoa(len(account.Roles())), "permissions", strconv.Itoa(len(account.Permissions()))))
	p.served("8.1.4.2 b)", "defaults", func(s *served) (ops.State, string) {
		if s.Demo {
			return ops.Broken, p.l.Say("doctor.proof.demo")
		}
		return ops.Made, p.l.Say("doctor.proof.defaults")
	})
	p.say("8.1.4.2 c)", "unused", judged(n.idle > 0), p.l.Say("doctor.proof.unused", "used", strconv.Itoa(n.all-n.disabled), "out", strconv.Itoa(n.disabled), "idle", strconv.Itoa(n.idle), "days", strconv.Itoa(int(stranger.Hours()/24))))
	p.say("8.1.4.2 d)", "separation", judged(n.mixed > 0), p.l.Say("doctor.proof.separation", "n", strconv.Itoa(n.mixed)))
	p.say("8.1.4.2 e)", "authority", ops.Made, p.l.Say("doctor.proof.authority"))
	p.say("8.1.4.2 f)", "grain", ops.Made, p.l.Say("doctor.proof.grain"))
	p.say("8.1.4.2 g)", "labels", ops.Made, p.l.Say("doctor.proof.labels"))
}

func judged(warn bool) ops.State {
	if warn {
		return ops.Warn
	}
	return ops.Fine
}

func (p *level3) audit() {
	p.say("8.1.4.3 a)", "journal", ops.Fine, p.l.Say("doctor.proof.journal", "n", strconv.FormatInt(p.people.entries, 10)))
	p.say("8.1.4.3 b)", "record", ops.Made, p.l.Say("doctor.proof.record"))
	p.served("8.1.4.3 c)", "logs", func(s *served) (ops.State, string) {
		var places []string
		if s.LogDir != "" {
			places = append(places, p.l.Say("doctor.proof.log_dir", "dir", s.LogDir, "days", strconv.Itoa(s.LogKeep)))
		}
		if s.Syslog != nil {
			places = append(places, s.Syslog.String())
		}
		if len(places) == 0 {
			return ops.Broken, p.l.Say("doctor.proof.no_logs")
		}
		return judged(len(places) < 2), strings.Join(places, "; ")
	})
	p.say("8.1.4.3 d)", "unbroken", ops.Made, p.l.Say("doctor.proof.unbroken"))
}

func (p *level3) machine() {
	p.say("8.1.4.4 a)", "least", ops.Made, p.l.Say("doctor.proof.least", "version", version()))
	p.served("8.1.4.4 b)", "ports", func(s *served) (ops.State, string) {
		if s.MetricsAddr == "" {
			return ops.Fine, p.l.Say("doctor.proof.port", "address", s.Addr)
		}
		return judged(!loopback(s.MetricsAddr)), p.l.Say("doctor.proof.ports", "address", s.Addr, "metrics", s.MetricsAddr)
	})
	p.say("8.1.4.4 c)", "places", ops.Ask, p.l.Say("doctor.proof.places"))
	p.say("8.1.4.4 d)", "input", ops.Made, p.l.Say("doctor.proof.input"))
	p.say("8.1.4.4 e)", "holes", ops.Ask, p.l.Say("doctor.proof.holes", "version", version()))
	p.say("8.1.4.4 f)", "intrusion", ops.Ask, p.l.Say("doctor.proof.intrusion"))
	p.served("8.1.4.5", "malware", func(s *served) (ops.State, string) {
		if s.Scan == "" {
			return ops.Warn, p.l.Say("doctor.proof.no_scan")
		}
		return ops.Fine, s.Scan
	})
	p.say("8.1.4.6", "trusted", ops.Ask, p.l.Say("doctor.proof.trusted", "sum", ownSum()))
}

// ownSum is the digest of the file of this program.
func ownSum() string {
	path, err := os.Executable()
	if err != nil {
		return err.Error()
	}
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err.Error()
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (p *level3) data() {
	p.served("8.1.4.7 a)", "sent_whole", p.transport)
	p.by("8.1.4.7 b)", "kept_whole", "durability", "sync")
	p.served("8.1.4.8 a)", "sent_secret", p.transport)
	p.by("8.1.4.8 b)", "kept_secret", "folder", "key")
	p.by("8.1.4.9 a)", "backup", "backup")
	p.served("8.1.4.9 b)", "elsewhere", func(s *served) (ops.State, string) {
		if s.BackupDir == "" {
			return ops.Warn, p.l.Say("doctor.proof.no_schedule")
		}
		return ops.Ask, p.l.Say("doctor.proof.elsewhere", "dir", s.BackupDir)
	})
	p.say("8.1.4.9 c)", "spare", ops.Ask, p.l.Say("doctor.proof.spare"))
	p.say("8.1.4.10 a)", "credentials_gone", ops.Made, p.l.Say("doctor.proof.credentials_gone"))
	p.say("8.1.4.10 b)", "data_gone", ops.Worse(ops.Made, p.states["retention"]), p.l.Say("doctor.proof.data_gone", "terms", p.seen["retention"]))
	p.say("8.1.4.11 a)", "needed", ops.Ask, p.l.Say("doctor.proof.needed"))
	p.say("8.1.4.11 b)", "masked", ops.Made, p.l.Say("doctor.proof.masked"))
}

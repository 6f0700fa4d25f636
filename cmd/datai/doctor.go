package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"time"

	"datai/catalog"
	"datai/ops"
	built "datai/web/assets"
	"datai/wording"
)

type doctorCmd struct {
	place
	Profile string `placeholder:"NAME" enum:",dengbao3" default:"" help:"Answer the clauses of a standard, each with its state and what shows it: dengbao3 (GB/T 22239-2019 level 3, secure computing environment)."`
	JSON    bool   `name:"json" help:"Print the items as one line of JSON."`
}

func (c *doctorCmd) where() place { return c.place }

// examine looks at what can be seen although the database does not open; if a
// server has the folder, that server looks.
func (c *doctorCmd) examine(ctx context.Context, e env, l wording.Lang, args []string) error {
	a, err := openApp(ctx, e, c.place)
	if errors.Is(err, errHeld) {
		err := forward(ctx, e, c.place, args)
		if _, done := errors.AsType[stop](err); err == nil || done {
			return err
		}
		return c.tell(e, l, append(c.around(e), ops.Item{Name: "lock", State: ops.Broken, Proof: err.Error()}))
	}
	if err != nil {
		proof := err.Error()
		if refused, ok := errors.AsType[*catalog.Error](err); ok {
			proof = l.SayArgs(refused.Key, refused.Args)
		}
		return c.tell(e, l, append(c.around(e), ops.Item{Name: "database", State: ops.Broken, Proof: proof}))
	}
	return errors.Join(c.run(ctx, a, e, l), a.close())
}

// around is what surrounds the database.
func (c *doctorCmd) around(e env) []ops.Item {
	items := []ops.Item{{Name: "version", State: ops.Fine, Proof: version()}}
	items = append(items, ops.Machine(time.Now())...)
	return append(items, ops.Folder(e.path(c.Data), c.keyFile(e))...)
}

func (c *doctorCmd) run(ctx context.Context, a *app, e env, l wording.Lang) error {
	here := c
	if a.served != nil { // its folder and its key, wherever the command was typed
		here = &doctorCmd{place: a.served.place}
		e.dir = a.served.dir
	}
	items := here.around(e)
	by := "this command"
	if a.served != nil {
		by = "the server that answers"
	}
	items = append(items, ops.Lock(a.dir, by))
	items = append(items, ops.Database(ctx, a.db, time.Now())...)
	items = append(items, a.retentionItem(ctx))
	if err := a.buildIndex(ctx); err != nil {
		items = append(items, ops.Item{Name: "index", State: ops.Broken, Proof: err.Error()})
	} else {
		items = append(items, a.indexItem(ctx))
	}
	if a.served != nil {
		items = append(items, a.served.items(time.Now())...)
	}
	if c.Profile != "" {
		var err error
		if items, err = dengbao3(ctx, a, l, items, time.Now()); err != nil {
			return err
		}
	}
	return c.tell(e, l, items)
}

// overdueGrace is how long what is past its term may wait for the daily sweep.
const overdueGrace = 48 * time.Hour

// retentionItem names what should have been erased and was not.
func (a *app) retentionItem(ctx context.Context) ops.Item {
	terms, err := a.retention.Terms(ctx, overdueGrace)
	if err != nil {
		return ops.Item{Name: "retention", State: ops.Broken, Proof: err.Error()}
	}
	item := ops.Item{Name: "retention", State: ops.Fine, Proof: fmt.Sprintf("%d kinds, nothing past its term", len(terms))}
	var late []string
	for _, t := range terms {
		if t.Overdue > 0 {
			late = append(late, fmt.Sprintf("%s %d (%v)", t.Rule.Key, t.Overdue, t.Rule.Value))
		}
	}
	if len(late) > 0 {
		item.State, item.Proof = ops.Warn, strings.Join(late, ", ")
	}
	return item
}

func (a *app) indexItem(ctx context.Context) ops.Item {
	lag, err := a.lag(ctx)
	item := ops.Item{Name: "index", State: ops.Fine, Proof: fmt.Sprintf("%d documents, %d changes behind", a.match.Len(), lag)}
	switch {
	case err != nil:
		item.State, item.Proof = ops.Broken, err.Error()
	case a.behind.Load(), lag > followTogether:
		item.State = ops.Warn
	}
	return item
}

// served is what the doctor asks a running server about.
type served struct {
	*serveCmd
	dir  string // where it was started
	cert *certificate
	base string
}

func (s *served) items(now time.Time) []ops.Item {
	items := []ops.Item{s.baseItem()}
	if s.cert != nil {
		if pair, err := s.cert.get(nil); err != nil {
			items = append(items, ops.Item{Name: "certificate", State: ops.Broken, Proof: err.Error()})
		} else {
			items = append(items, ops.Certificate(pair.Leaf.NotAfter, now))
		}
	}
	proxies := ops.Item{Name: "proxies", State: ops.Fine, Proof: "none"}
	if len(s.TrustedProxies) > 0 {
		proxies.Proof = fmt.Sprint(s.TrustedProxies)
	}
	for _, p := range s.TrustedProxies {
		if p.Bits() == 0 { // the whole world may say who it is
			proxies.State = ops.Warn
		}
	}
	assets := ops.Item{Name: "assets", State: ops.Fine, Proof: "dist/manifest.json"}
	if _, err := fs.Stat(built.Files, "dist/manifest.json"); err != nil {
		assets.State, assets.Proof = ops.Warn, err.Error()
	}
	schedule := ops.Item{Name: "schedule", State: ops.Warn, Proof: "none"}
	if s.BackupDir != "" {
		schedule = ops.Item{Name: "schedule", State: ops.Fine, Proof: fmt.Sprintf("%s every %v, %d kept", s.BackupDir, s.BackupEvery, s.BackupKeep)}
	}
	return append(items, proxies, assets, schedule)
}

// baseItem warns of an address without TLS that others than this machine use.
func (s *served) baseItem() ops.Item {
	item := ops.Item{Name: "base_url", State: ops.Fine, Proof: s.base}
	if !loopback(s.Addr) && s.cert == nil || s.BaseURL != nil && s.BaseURL.Scheme != "https" {
		item.State = ops.Warn
	}
	return item
}

// loopback reports whether an address is reached from this machine alone.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// diagnosis is an item as --json prints it.
type diagnosis struct {
	ops.Item
	Mend string `json:"mend,omitempty"`
}

// tell prints every item and what to do about those that are not fine.
func (c *doctorCmd) tell(e env, l wording.Lang, items []ops.Item) error {
	out := make([]diagnosis, len(items))
	count := map[ops.State]int{}
	for i, item := range items {
		out[i].Item = item
		count[item.State]++
		if item.State == ops.Warn || item.State == ops.Broken {
			out[i].Mend = l.Say("doctor.mend." + item.Name)
		}
	}
	if c.JSON {
		if err := json.NewEncoder(e.stdout).Encode(out); err != nil {
			return err
		}
	} else {
		for _, d := range out {
			name := l.Say("doctor.item." + d.Name)
			if d.Clause != "" {
				name = d.Clause + " " + name
			}
			fmt.Fprintf(e.stdout, "%-4s  %s: %s\n", d.State, name, d.Proof)
			if d.Mend != "" {
				fmt.Fprintf(e.stdout, "      → %s\n", d.Mend)
			}
		}
		if c.Profile != "" {
			fmt.Fprintln(e.stdout, l.Say("doctor.profile", "made", strconv.Itoa(count[ops.Made]), "ask", strconv.Itoa(count[ops.Ask])))
		}
		fmt.Fprintln(e.stdout, l.Say("doctor.done", "fine", strconv.Itoa(count[ops.Fine]), "warn", strconv.Itoa(count[ops.Warn]), "broken", strconv.Itoa(count[ops.Broken])))
	}
	if !ops.Whole(items) {
		return stop{exitFailed}
	}
	return nil
}

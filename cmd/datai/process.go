package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"datai/catalog"
	"datai/contact"
	"datai/gate"
	"datai/process"
	"datai/rules"
	"datai/web/api"
	"datai/web/ui"
	"datai/wording"
)

// processes are all processes as they are delivered.
func processes() []*process.Definition {
	return []*process.Definition{gate.Definition, contact.Definition}
}

type processCmd struct {
	Show processShowCmd `cmd:"" help:"Print a process as it is in force on a day: its steps, who takes them, reasons and fields."`
	Docs processDocsCmd `cmd:"" help:"Write the page and the diagrams of every process as delivered into a folder."`
}

type processShowCmd struct {
	place
	Kind   string `arg:"" help:"The process, like contact."`
	Date   string `placeholder:"YYYY-MM-DD" help:"The day (default: today in Shanghai)."`
	Format string `enum:"text,json" default:"text" help:"Format: text or json."`
}

func (c *processShowCmd) where() place { return c.place }

func (c *processShowCmd) run(ctx context.Context, a *app, e env, l wording.Lang) (err error) {
	on := a.processes.Today()
	if c.Date != "" {
		if on, err = rules.ParseDay(c.Date); err != nil {
			return catalog.Refuse(catalog.Invalid, "rules.fit.day").Because(err)
		}
	}
	d, err := a.processes.InForce(ctx, c.Kind, on)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return printJSON(e.stdout, api.ProcessOf(d, true))
	}
	w := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\n", d.Stamp(), ui.ProcessWord(l, d, "title", ""))
	for _, x := range d.Steps {
		p := printed{l, d}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s → %s\t%s\t%s\n", x.Action, ui.ProcessWord(l, d, "do", string(x.Action)), p.actors(x.By),
			p.states(x.From), p.to(x), p.fields(x), p.reasons(x))
	}
	return w.Flush()
}

// printed says the parts of a process in a language.
type printed struct {
	l wording.Lang
	d *process.Definition
}

func (p printed) list(n int, at func(int) string) string {
	out := make([]string, n)
	for i := range out {
		out[i] = at(i)
	}
	return strings.Join(out, p.l.Say("list.comma"))
}

func (p printed) state(s process.State) string {
	return ui.ProcessWord(p.l, p.d, "state", string(s))
}

func (p printed) states(ss []process.State) string {
	return p.list(len(ss), func(i int) string { return p.state(ss[i]) })
}

func (p printed) actors(as []process.Actor) string {
	return p.list(len(as), func(i int) string { return ui.ActorWord(p.l, p.d, as[i]) })
}

// to is where a step leads; where it stands, the case stays.
func (p printed) to(x process.Step) string {
	if x.To == "" {
		return "="
	}
	return p.state(x.To)
}

func (p printed) fields(x process.Step) string {
	return p.list(len(x.Fields), func(i int) string {
		said := ui.FieldWord(p.l, p.d, x.Fields[i])
		if x.Fields[i].Need != "" {
			said = p.l.Say("processes.required", "field", said)
		}
		return said
	})
}

func (p printed) reasons(x process.Step) string {
	var out []string
	for _, r := range x.Offered() {
		said := ui.ReasonWord(p.l, p.d, r)
		if r.Office {
			said += p.l.Say("process.form.reason_office")
		}
		out = append(out, said)
	}
	return strings.Join(out, p.l.Say("processes.semicolon"))
}

func (p printed) guards(x process.Step) string {
	return p.list(len(x.Guards), func(i int) string {
		return strings.TrimSpace(ui.ProcessWord(p.l, p.d, "guard", x.Guards[i].Name) + " " + x.Guards[i].Clause)
	})
}

type processDocsCmd struct {
	Dir string `arg:"" help:"The folder, such as docs."`
}

// runAlone writes what is the same of every installation; it opens no data.
func (c *processDocsCmd) runAlone(_ context.Context, e env, _ wording.Lang) error {
	for name, text := range processDocs() {
		path := filepath.Join(e.path(c.Dir), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// drawingStyle colours a diagram that stands alone as pages colour it.
const drawingStyle = `<style>svg{font:14px sans-serif;background:#fff}.way{fill:none;stroke:#5c6674}marker path{fill:#5c6674}rect{fill:#fff;stroke:#8b8676}.final rect{stroke-width:2}</style>`

// processDocs are the page and the diagrams of the documents by file name.
func processDocs() map[string]string {
	out := map[string]string{}
	var b strings.Builder
	b.WriteString("# 流程 · Processes\n\nWritten by `datai process docs docs` from the definitions; do not edit by hand. A university settles optional steps, reasons, words and who acts on `/processes`.\n" +
		"本页由程序生成；可选步骤、原因、文字和经办人由学校在「流程」页设定。\n")
	for _, d := range processes() {
		zh, en := printed{wording.Chinese, d}, printed{wording.English, d}
		fmt.Fprintf(&b, "\n## %s · %s\n\n`%s`\n\n", ui.ProcessWord(zh.l, d, "title", ""), ui.ProcessWord(en.l, d, "title", ""), d.Stamp())
		for _, p := range []printed{zh, en} {
			name := fmt.Sprintf("processes/%s.%s.svg", d.Kind, p.l)
			out[name] = strings.Replace(ui.ProcessDrawing(p.l, d, ""), `<svg class="process"`, `<svg xmlns="http://www.w3.org/2000/svg"`, 1)
			out[name] = strings.Replace(out[name], "<defs>", drawingStyle+"<defs>", 1) + "\n"
			fmt.Fprintf(&b, "![%s](%s)\n", p.l.Say("processes.diagram", "name", ui.ProcessWord(p.l, d, "title", "")), name)
		}
		for _, p := range []printed{zh, en} {
			p.tables(&b)
		}
	}
	out["processes.md"] = b.String()
	return out
}

// tables are states, steps and timers in one language.
func (p printed) tables(b *strings.Builder) {
	row := func(cells ...string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	head := func(keys ...string) {
		b.WriteString("\n")
		var names, rule []string
		for _, k := range keys {
			names, rule = append(names, p.l.Say(k)), append(rule, "---")
		}
		row(names...)
		row(rule...)
	}
	head("processes.doc.state", "processes.doc.turn", "processes.doc.kind")
	for _, s := range p.d.States {
		turn, kind := "", ""
		if s.Waits != "" {
			turn = ui.ActorWord(p.l, p.d, s.Waits)
		}
		switch {
		case s.Final:
			kind = p.l.Say("processes.doc.final")
		case s.Optional:
			kind = p.l.Say("processes.optional")
		}
		row("`"+string(s.Name)+"` "+p.state(s.Name), turn, kind)
	}
	head("processes.doc.step", "processes.doc.from", "processes.doc.to", "processes.doc.who", "processes.fields", "processes.reasons", "processes.guard")
	for _, x := range p.d.Steps {
		name := "`" + string(x.Action) + "` " + ui.ProcessWord(p.l, p.d, "do", string(x.Action))
		if x.Optional {
			name += " (" + p.l.Say("processes.optional") + ")"
		}
		row(name, p.states(x.From), p.to(x), p.actors(x.By), p.fields(x), p.reasons(x), p.guards(x))
	}
	if len(p.d.Timers) > 0 {
		head("processes.timers", "processes.doc.in", "processes.doc.step", "processes.doc.rule")
		for _, t := range p.d.Timers {
			rule := ""
			if t.Rule != "" {
				rule = "`" + t.Rule + "`"
			}
			row(ui.ProcessWord(p.l, p.d, "timer", t.Name), p.states(t.In), ui.ProcessWord(p.l, p.d, "do", string(t.Action)), rule)
		}
	}
}

package process

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode"
)

// Measures of a diagram in pixels: it fits a phone without being scaled.
const (
	boxLeast, boxHigh = 112, 36
	rowHigh           = 64
	margin            = 8
	archWide          = 36 // left of the main line, where steps pass over states
	busWide           = 14 // between the two columns, one a state beside the main line
)

// Diagram draws the definition as SVG: the main line from top to bottom, what
// lies beside it on the right. say gives the words of a state, title those for
// people who do not see the drawing. here is the state in which a case stands,
// "" for none. Its classes are coloured by the page's style.
func (d *Definition) Diagram(here State, title string, say func(State) string) string {
	var line, side []State
	for _, s := range d.States {
		if s.Skipped && s.Name != here {
			continue
		}
		if s.Side {
			side = append(side, s.Name)
		} else {
			line = append(line, s.Name)
		}
	}
	boxWide := boxLeast
	for _, s := range append(line, side...) {
		boxWide = max(boxWide, wordWide(say(s))+16)
	}
	left := margin + archWide
	right := left + boxWide + busWide*(len(side)+2)
	at := map[State]int{} // the row, in pixels from the top to the middle of the box
	for i, s := range line {
		at[s] = margin + i*rowHigh + boxHigh/2
	}
	for i, s := range side {
		at[s] = margin + (2*i+1)*rowHigh*len(line)/(2*len(side)) - rowHigh/2 + boxHigh/2
	}
	wide, high := right+boxWide+margin, 2*margin+(len(line)-1)*rowHigh+boxHigh
	if len(side) == 0 {
		wide = left + boxWide + margin
	}

	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="process" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, wide, high, wide, high, html.EscapeString(title))
	b.WriteString(`<defs><marker id="tip-` + d.Kind + `" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto-start-reverse"><path d="M0 0 6 3 0 6z"/></marker></defs>`)
	for i, from := range line {
		for j, to := range line {
			if !d.leads(from, to) {
				continue
			}
			switch x := left + boxWide/2; {
			case j == i+1:
				d.way(&b, "M%d %dV%d", x, at[from]+boxHigh/2, at[to]-boxHigh/2)
			case i != j: // an arch over what lies between
				d.way(&b, "M%d %dC%d %d %d %d %d %d", left, at[from], left-archWide, at[from]+rowHigh/4, left-archWide, at[to]-rowHigh/4, left, at[to])
			}
		}
	}
	for k, s := range side {
		d.bus(&b, line, s, at, left+boxWide, left+boxWide+busWide*(k+1), right)
	}
	for i, s := range side {
		if i+1 < len(side) && (d.leads(s, side[i+1]) || d.leads(side[i+1], s)) {
			d.way(&b, "M%d %dV%d", right+boxWide/2, at[s]+boxHigh/2, at[side[i+1]]-boxHigh/2)
		}
	}
	for _, s := range d.States {
		if _, drawn := at[s.Name]; !drawn {
			continue
		}
		x := left
		if s.Side {
			x = right
		}
		class := "box"
		if s.Final {
			class += " final"
		}
		if s.Name == here {
			class += " here"
		}
		fmt.Fprintf(&b, `<g class="%s"><rect x="%d" y="%d" width="%d" height="%d" rx="6"/><text x="%d" y="%d" text-anchor="middle">%s</text></g>`,
			class, x, at[s.Name]-boxHigh/2, boxWide, boxHigh, x+boxWide/2, at[s.Name]+5, html.EscapeString(say(s.Name)))
	}
	b.WriteString("</svg>")
	return b.String()
}

// wordWide is about how many pixels a word takes in letters of 14: those of
// Chinese are square, others hardly more than half as wide.
func wordWide(s string) int {
	wide := 0
	for _, r := range s {
		if r > unicode.MaxLatin1 {
			wide += 14
		} else {
			wide += 8
		}
	}
	return wide
}

// bus draws the steps between the states of the main line and one beside it as
// one upright line at x: most of them lead there.
func (d *Definition) bus(b *strings.Builder, line []State, s State, at map[State]int, from, x, to int) {
	ys := []int{at[s]}
	for _, l := range line {
		out, in := d.leads(l, s), d.leads(s, l)
		if !out && !in {
			continue
		}
		ys = append(ys, at[l])
		tip := ""
		if in {
			tip = ` marker-start="url(#tip-` + d.Kind + `)"`
		}
		fmt.Fprintf(b, `<path class="way"%s d="M%d %dH%d"/>`, tip, from, at[l], x)
	}
	fmt.Fprintf(b, `<path class="way" d="M%d %dV%d"/>`, x, slices.Min(ys), slices.Max(ys))
	d.way(b, "M%d %dH%d", x, at[s], to)
}

func (d *Definition) way(b *strings.Builder, path string, at ...any) {
	fmt.Fprintf(b, `<path class="way" marker-end="url(#tip-`+d.Kind+`)" d="`+path+`"/>`, at...)
}

// leads reports whether some step goes from one state to another.
func (d *Definition) leads(from, to State) bool {
	return slices.ContainsFunc(d.Steps, func(x Step) bool { return x.To == to && from != to && slices.Contains(x.From, from) })
}

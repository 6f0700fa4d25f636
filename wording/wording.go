// Package wording holds every text that people meet, in Chinese and in
// English, and says dates, amounts and counts the way people say them. A text
// is found by its key; {names} in it are filled from arguments.
package wording

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// Lang is a language of the pages.
type Lang string

// The two languages.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

//go:embed zh-CN.json en.json
var files embed.FS

// catalogues are read once and never change.
var catalogues = sync.OnceValue(func() map[Lang]map[string]string {
	out := map[Lang]map[string]string{}
	for _, l := range []Lang{Chinese, English} {
		raw, err := files.ReadFile(string(l) + ".json")
		if err != nil {
			panic(err) // embedded: cannot be missing in a build that passed
		}
		m := map[string]string{}
		if err := json.Unmarshal(raw, &m); err != nil {
			panic(fmt.Sprintf("%s.json: %v", l, err))
		}
		out[l] = m
	}
	return out
})

// Choose is the language to speak to somebody whose browser asks for accept
// (an Accept-Language header): Chinese first, English when it is named before
// any Chinese.
func Choose(accept string) Lang {
	for part := range strings.SplitSeq(accept, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch {
		case strings.HasPrefix(strings.ToLower(tag), "zh"):
			return Chinese
		case strings.HasPrefix(strings.ToLower(tag), "en"):
			return English
		}
	}
	return Chinese
}

// Keys lists the keys of a language.
func Keys(l Lang) map[string]string { return catalogues()[l] }

// Say is the text of key with its {names} filled from pairs of names and
// values. {n?one|many} chooses by whether the value of n is 1. A key that is
// missing is shown as itself, so that a test and a reader see it.
func (l Lang) Say(key string, pairs ...string) string {
	text, ok := catalogues()[l][key]
	if !ok {
		return key
	}
	if !strings.ContainsRune(text, '{') {
		return text
	}
	return fill(text, pairs)
}

// SayArgs is Say with arguments from a map.
func (l Lang) SayArgs(key string, args map[string]string) string {
	pairs := make([]string, 0, 2*len(args))
	for k, v := range args {
		pairs = append(pairs, k, v)
	}
	return l.Say(key, pairs...)
}

// Has reports whether the language has the key.
func (l Lang) Has(key string) bool { _, ok := catalogues()[l][key]; return ok }

func fill(text string, pairs []string) string {
	value := func(name string) (string, bool) {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("{" + rest)
			return b.String()
		}
		text = after
		name, forms, plural := strings.Cut(inner, "?")
		v, known := value(name)
		one, many, _ := strings.Cut(forms, "|")
		switch {
		case !known:
			b.WriteString("{" + inner + "}")
		case plural && v == "1":
			b.WriteString(one)
		case plural:
			b.WriteString(many)
		default:
			b.WriteString(v)
		}
	}
}

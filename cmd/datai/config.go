package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"datai/wording"

	"github.com/BurntSushi/toml"
	"github.com/alecthomas/kong"
)

// configFile gives flags the values of a file in TOML, whose keys are the names
// of the flags of serve. A flag that was typed wins over the environment, the
// environment over the file. Unknown keys fail, so that a misspelt one is
// noticed.
type configFile struct {
	env    env
	read   bool
	values map[string]string
	known  map[string]*kong.Flag
}

// Validate is of kong.Resolver; the file is read when the first flag asks.
func (*configFile) Validate(*kong.Application) error { return nil }

// Resolve returns the file's value for a flag, nil for none. A flag of another
// command has a value in the file only if it is the same setting, which is known
// by the same environment variable.
func (c *configFile) Resolve(parsed *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !c.read {
		c.read = true
		if err := c.load(parsed); err != nil {
			return nil, err
		}
	}
	value, ok := c.values[flag.Name]
	if !ok || !slices.Equal(c.known[flag.Name].Envs, flag.Envs) {
		return nil, nil //nolint:nilnil // that is how kong is told that there is no value
	}
	for _, name := range flag.Envs {
		if os.Getenv(name) != "" {
			return nil, nil //nolint:nilnil // likewise
		}
	}
	return value, nil
}

func (c *configFile) load(parsed *kong.Context) error {
	path := ""
	for _, f := range parsed.Model.Flags {
		if f.Name == "config" {
			path, _ = parsed.FlagValue(f).(string)
		}
	}
	if path == "" {
		return nil
	}
	c.known = map[string]*kong.Flag{}
	for _, f := range serverFlags(parsed.Model) {
		c.known[f.Name] = f
	}
	text, err := os.ReadFile(c.env.path(path))
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	var found map[string]any
	if err := toml.Unmarshal(text, &found); err != nil {
		return fmt.Errorf("configuration: %s: %w", path, err)
	}
	c.values = map[string]string{}
	for key, v := range found {
		if c.known[key] == nil {
			return fmt.Errorf("configuration: %s: unknown key %q; `datai config` lists the keys", path, key)
		}
		if c.values[key], err = setting(v); err != nil {
			return fmt.Errorf("configuration: %s: %s: %w", path, key, err)
		}
	}
	return nil
}

// setting is a value of the file as one would type it after the flag.
func setting(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case bool:
		return strconv.FormatBool(v), nil
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			var err error
			if parts[i], err = setting(v[i]); err != nil {
				return "", err
			}
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New("want text, a whole number, true or false, or a list of these")
}

// serverFlags are the flags that a configuration file may set: those of serve
// and those of every command, but for the file itself.
func serverFlags(app *kong.Application) []*kong.Flag {
	var flags []*kong.Flag
	for _, f := range app.Flags {
		if f.Name != "help" && f.Name != "config" {
			flags = append(flags, f)
		}
	}
	for _, command := range app.Children {
		if command.Name == "serve" {
			flags = append(flags, command.Flags...)
		}
	}
	return flags
}

// configCmd shows the settings of serve.
type configCmd struct {
	serveCmd
	Reference bool          `help:"Print every setting with its meaning, as it stands in docs/operations.md."`
	parsed    *kong.Context `kong:"-"`
}

// AfterApply keeps the flags with their values; kong calls it.
func (c *configCmd) AfterApply(parsed *kong.Context) error {
	c.parsed = parsed
	return nil
}

func (c *configCmd) runAlone(_ context.Context, e env, _ wording.Lang) error {
	if c.Reference {
		fmt.Fprint(e.stdout, reference(c.parsed.Model))
		return nil
	}
	own := map[string]*kong.Flag{}
	for _, f := range c.parsed.Selected().Flags {
		own[f.Name] = f
	}
	for _, f := range serverFlags(c.parsed.Model) {
		if mine := own[f.Name]; mine != nil {
			f = mine
		}
		fmt.Fprintf(e.stdout, "%s = %s\n", f.Name, shown(f.Target))
	}
	return nil
}

// shown is a value as the file would have it. The password in a URL is hidden.
func shown(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64:
		if s, ok := v.Interface().(fmt.Stringer); ok { // a duration
			return strconv.Quote(s.String())
		}
		return fmt.Sprint(v.Interface())
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = shown(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Pointer:
		if v.IsNil() {
			return `""`
		}
	}
	text := fmt.Sprint(v.Interface())
	if u, err := url.Parse(text); err == nil && u.User != nil {
		text = u.Redacted()
	}
	return strconv.Quote(text)
}

// reference is a table of every setting of serve, for docs/operations.md.
func reference(app *kong.Application) string {
	var b strings.Builder
	b.WriteString("| flag | environment | default | meaning |\n|---|---|---|---|\n")
	for _, f := range serverFlags(app) {
		flag := "`--" + f.Name
		if !f.IsBool() {
			flag += " " + strings.Trim(f.FormatPlaceHolder(), `"`)
		}
		var envs []string
		for _, name := range f.Envs {
			envs = append(envs, "`"+name+"`")
		}
		preset := ""
		if f.Default != "" {
			preset = "`" + f.Default + "`"
		}
		fmt.Fprintf(&b, "| %s` | %s | %s | %s |\n", flag, strings.Join(envs, ", "), preset, f.Help)
	}
	return b.String()
}

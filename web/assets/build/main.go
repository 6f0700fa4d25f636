// Command build makes the styles and scripts of the pages: it bundles what
// css and ts hold into dist, with a hash in each name and a manifest that
// pairs the names. Run it from the root of the repository.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const home = "web/assets"

func main() {
	if err := build(home); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func build(home string) error {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{filepath.Join(home, "ts/main.ts"), filepath.Join(home, "ts/passkey.ts"), filepath.Join(home, "css/main.css")},
		Outdir:      filepath.Join(home, "dist"), EntryNames: "[name]-[hash]",
		Bundle: true, Format: api.FormatESModule, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		MinifySyntax: true, MinifyWhitespace: true, MinifyIdentifiers: true,
		// The floor of what is tested: Chromium 109 and Safari 15.4.
		Engines:  []api.Engine{{Name: api.EngineChrome, Version: "109"}, {Name: api.EngineSafari, Version: "15.4"}},
		LogLevel: api.LogLevelWarning,
	})
	if len(result.Errors) > 0 {
		return errors.New("the bundle has errors, shown above")
	}
	dist := filepath.Join(home, "dist")
	if err := clear(dist); err != nil {
		return err
	}
	manifest := map[string]string{}
	for _, f := range result.OutputFiles {
		name := filepath.Base(f.Path)
		entry, _, _ := strings.Cut(name, "-")
		manifest[entry+filepath.Ext(name)] = name
		if err := os.WriteFile(filepath.Join(dist, name), f.Contents, 0o644); err != nil { //nolint:gosec // served to everybody
			return err
		}
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dist, "manifest.json"), append(text, '\n'), 0o644) //nolint:gosec // served to everybody
}

// clear removes what an earlier build left, all but the README.
func clear(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil { //nolint:gosec // holds what is served to everybody
		return err
	}
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "README.md" {
			continue
		}
		if err := os.Remove(filepath.Join(dist, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

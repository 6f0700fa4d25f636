// Package datai_test guards the layout of the repository: who imports whom,
// that every package says what it holds, and what no file may contain.
package datai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "datai"

// folder is one line of the table of floors. A package may import the folders
// of lower floors, its own folder and those in beside; from third parties what
// modules lists, or anything where it is nil.
type folder struct {
	floor   int
	beside  []string
	modules []string
}

var (
	stdOnly = []string{}
	uuid    = "github.com/google/uuid"
)

// floors says where each top-level folder stands: 1 ground, pure; 2
// capabilities; 3 adapters; 4 commands; 5 what only tests the rest. A folder
// that does not exist yet may be named.
var floors = map[string]folder{
	"catalog": {floor: 1, modules: []string{uuid}},
	"match":   {floor: 1, modules: []string{"golang.org/x/text"}},
	"rules":   {floor: 1, modules: stdOnly},
	"process": {floor: 1, modules: []string{uuid}, beside: []string{"catalog", "rules"}},
	"journal": {floor: 1, modules: []string{"golang.org/x/mod/sumdb", uuid}},
	"account": {floor: 1, modules: []string{uuid}, beside: []string{"catalog", "journal", "work"}},
	"wording": {floor: 1, modules: stdOnly},
	"work":    {floor: 1, modules: stdOnly},

	"shelf":      {floor: 2, modules: []string{uuid}},
	"intake":     {floor: 2, modules: []string{uuid}},
	"matchmaker": {floor: 2, modules: []string{uuid}},
	"contact":    {floor: 2, modules: []string{uuid}},
	"gate":       {floor: 2, modules: []string{uuid}},
	"document":   {floor: 2, modules: []string{uuid}},
	"inbox":      {floor: 2, modules: []string{uuid}},
	"evidence":   {floor: 2, modules: []string{uuid}},
	"rulebook":   {floor: 2, modules: []string{uuid}},
	"retention":  {floor: 2, modules: stdOnly},
	"challenge":  {floor: 2, modules: []string{uuid}},
	"deal":       {floor: 2, modules: []string{uuid}},
	"fair":       {floor: 2, modules: []string{uuid}},
	"meet":       {floor: 2, modules: []string{uuid}},
	"career":     {floor: 2, modules: []string{uuid}},
	"admission":  {floor: 2, modules: []string{uuid}},
	"live":       {floor: 2, modules: []string{uuid}},
	"insight":    {floor: 2, modules: []string{uuid}},

	"store":    {floor: 3},
	"exchange": {floor: 3},
	"signin":   {floor: 3},
	"notify":   {floor: 3},
	"media":    {floor: 3},
	"web":      {floor: 3},
	"ops":      {floor: 3, beside: []string{"store"}},

	"cmd": {floor: 4},

	"internal": {floor: 5},
	"demo":     {floor: 1, modules: stdOnly},
	"e2e":      {floor: 5},
	"docs":     {floor: 5},
}

// testHelpers may be imported by tests and by these packages only.
var testHelpers = map[string][]string{
	"internal":        {"store/storetest", "e2e"},
	"store/storetest": {"e2e", "internal"},
}

// confined modules are imported by one folder alone, in tests as well.
var confined = map[string]string{
	"github.com/blevesearch":   "cmd/datai-bench",   // a peer to be measured against
	"github.com/evanw/esbuild": "web/assets",        // builds the assets
	"github.com/chromedp":      "e2e",               // drives the browser
	"github.com/zitadel/oidc":  "internal/oidctest", // a provider to sign in by
}

// pkg is what `go list -json` says about a package.
type pkg struct {
	ImportPath                                         string
	Dir                                                string
	Standard                                           bool
	GoFiles, TestGoFiles, XTestGoFiles, IgnoredGoFiles []string
	Imports, TestImports, XTestImports                 []string
}

func (p pkg) path() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// list runs `go list -json` with the arguments.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	var packages []pkg
	d := json.NewDecoder(bytes.NewReader(run(t, "go", append([]string{"list", "-json"}, args...)...)))
	for {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("read the output of go list: %v", err)
		}
		packages = append(packages, p)
	}
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	c := exec.CommandContext(t.Context(), name, args...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// project returns the import's path inside the project, or false for others'.
func project(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func under(path, parent string) bool { return path == parent || strings.HasPrefix(path, parent+"/") }

func top(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

func anyUnder(path string, parents []string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool { return under(path, parent) })
}

// refusal says why the package at path from may not import to, or "".
func refusal(from, to string, standard bool) string {
	here := floors[top(from)]
	inside, own := project(to)
	switch {
	case standard:
		return ""
	case !own:
		if here.modules != nil && !anyUnder(to, here.modules) {
			return fmt.Sprintf("floor %d: from third parties %s may import only %q", here.floor, top(from), here.modules)
		}
		return ""
	}
	for helper, users := range testHelpers {
		if under(inside, helper) && !under(from, helper) && !anyUnder(from, users) {
			return fmt.Sprintf("%s is for tests and %v", helper, users)
		}
	}
	there, known := floors[top(inside)]
	switch {
	case !known, top(from) == top(inside), slices.Contains(here.beside, top(inside)), anyUnder(inside, testHelperPaths()):
		return ""
	case there.floor == here.floor:
		return fmt.Sprintf("both stand on floor %d; they meet through a lower floor or in cmd", here.floor)
	case there.floor > here.floor:
		return fmt.Sprintf("floor %d imports floor %d; only the other way is allowed", here.floor, there.floor)
	}
	return ""
}

func testHelperPaths() []string {
	var paths []string
	for helper := range testHelpers {
		paths = append(paths, helper)
	}
	return paths
}

func TestImportsKeepToTheFloors(t *testing.T) {
	standard := map[string]bool{"C": true}
	for _, p := range list(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range list(t, "./...") {
		if _, known := floors[top(p.path())]; !known && p.path() != "" {
			t.Errorf("%s: the folder %s is in no floor; add it to the table in deps_test.go", p.ImportPath, top(p.path()))
			continue
		}
		for _, to := range p.Imports {
			if why := refusal(p.path(), to, standard[to]); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, to, why)
			}
		}
	}
}

func TestConfinedModulesStayWhereTheyBelong(t *testing.T) {
	for _, p := range list(t, "./...") {
		for _, to := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			for module, home := range confined {
				if under(to, module) && !under(p.path(), home) {
					t.Errorf("%s imports %s: only %s may", p.ImportPath, to, home)
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		from, to string
		standard bool
		allowed  bool
	}{
		{"catalog", "net/http", true, true},
		{"catalog", uuid, false, true},
		{"catalog", "github.com/google/uuidx", false, false},
		{"match", "golang.org/x/text/width", false, true},
		{"match", uuid, false, false},
		{"match", "datai/catalog", false, false},
		{"process", "datai/rules", false, true},
		{"rules", "datai/process", false, false},
		{"account", "datai/journal", false, true},
		{"journal", "datai/account", false, false},
		{"intake", "datai/catalog", false, true},
		{"intake", "datai/matchmaker", false, false},
		{"intake", "datai/store", false, false},
		{"store", "datai/intake", false, true},
		{"store", "github.com/pressly/goose/v3", false, true},
		{"web", "datai/web/ui", false, true},
		{"web", "datai/store", false, false},
		{"ops", "datai/store", false, true},
		{"store", "datai/internal/pgtest", false, false},
		{"store/storetest", "datai/internal/pgtest", false, true},
		{"cmd/datai", "datai/store/storetest", false, false},
		{"cmd/datai", "datai/web", false, true},
		{"catalog", "datai/cmd/datai", false, false},
	} {
		if why := refusal(c.from, c.to, c.standard); (why == "") != c.allowed {
			t.Errorf("%s imports %s: refusal %q, allowed should be %v", c.from, c.to, why, c.allowed)
		}
	}
}

func TestEveryPackageSaysWhatItHolds(t *testing.T) {
	for _, p := range list(t, "./...") {
		documented := false
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || strings.TrimSpace(f.Doc.Text()) != ""
		}
		if !documented {
			t.Errorf("%s has no package comment; say in a sentence what it holds", p.ImportPath)
		}
	}
}

// files returns every file that is or would be committed. Where there is no
// repository, as in an unpacked archive, an empty one stands in for it, so that
// .gitignore is read the same way.
func files(t *testing.T) []string {
	t.Helper()
	args := []string{"-c", "safe.directory=*"}
	if _, err := os.Stat(".git"); err != nil {
		dir := filepath.Join(t.TempDir(), "git")
		run(t, "git", "init", "--quiet", "--bare", dir)
		args = append(args, "--git-dir="+dir, "--work-tree=.")
	}
	out := run(t, "git", append(args, "ls-files", "-z", "--cached", "--others", "--exclude-standard")...)
	var names []string
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if _, err := os.Lstat(name); err == nil { // else it is deleted and not yet committed
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); !slices.Contains(names, "deps_test.go") {
		t.Fatalf("git lists %d files, but not this one", len(names))
	}
	return names
}

// machinePath finds the absolute path of somebody's home or scratch folder,
// but no address of a page, like https://example.org/home/index.
var machinePath = regexp.MustCompile(`(?:^|[^\w.:/}-])(?:/(?:home|root|tmp|work|Users)/\w[\w.-]*|[C-Z]:\\Users\\\w+)`)

func TestMachinePath(t *testing.T) {
	slash := func(parts ...string) string { return strings.Join(parts, "/") }
	for text, want := range map[string]bool{
		"see " + slash("", "home", "li", "notes"): true,
		`"` + slash("", "tmp", "x") + `"`:         true,
		slash("", "root", "go"):                   true,
		slash("https:", "", "a.cn", "home", "li"): false,
		slash("${TMPDIR:-", "tmp}", "datai"):      false,
		slash("web", "work", "x"):                 false,
	} {
		if got := machinePath.MatchString(text); got != want {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
}

func TestNoFileNamesAPathOfAMachine(t *testing.T) {
	for _, name := range files(t) {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if found := machinePath.Find(content); found != nil {
			t.Errorf("%s names %q, which is there on one machine only", name, bytes.TrimSpace(found))
		}
	}
}

func TestNoFileIsLarge(t *testing.T) {
	const most = 600 << 10 // bytes
	for _, name := range files(t) {
		info, err := os.Lstat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > most {
			t.Errorf("%s has %d KB; files over %d KB are made by a program or installed, not committed", name, info.Size()>>10, most>>10)
		}
	}
}

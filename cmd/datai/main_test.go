package main

import (
	"os"
	"path/filepath"
	"testing"

	"datai/internal/pgtest"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary stand in for datai: a script that says
// `exec datai` runs the command of this source in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"datai": main})
}

// TestScripts runs testdata/script on both databases. Each script has a folder
// and, on PostgreSQL, a database of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Abs(filepath.Join("testdata", "files"))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir:                 filepath.Join("testdata", "script"),
				Cmds:                scriptCommands(),
				Condition:           func(cond string) (bool, error) { return cond == kind, nil },
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
				Setup: func(e *testscript.Env) error {
					e.Setenv("FILES", files)
					e.Setenv("DATAI_DATA", filepath.Join(e.WorkDir, "data"))
					e.Setenv("TZ", os.Getenv("TZ"))
					e.Setenv("GORACE", "atexit_sleep_ms=50") // under the race detector every command would wait a second at its end
					tb := e.T().(testing.TB)                 // says the documentation of Env.T
					e.Values[otherDatabase{}] = func() string { return pgtest.URL(tb) }
					if kind == "postgres" {
						e.Values[newDatabase{}] = func() string { return pgtest.URL(tb) }
						e.Setenv("DATAI_DATABASE", pgtest.URL(tb))
					}
					return nil
				},
			})
		})
	}
}

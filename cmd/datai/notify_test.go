package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestASecretOthersReadIsRefused(t *testing.T) {
	e := env{dir: t.TempDir(), getenv: func(name string) string {
		if name == "SET" {
			return "from the environment"
		}
		return ""
	}}
	path := filepath.Join(e.dir, "secret")
	if err := os.WriteFile(path, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, want string }{{"SET", "secret", "from the environment"}, {"UNSET", "secret", "geheim"}, {"UNSET", "", ""}} {
		if got, err := secret(e, c.name, c.file); got != c.want || err != nil {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if got, err := secret(e, "UNSET", "secret"); err == nil || got != "" || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := secret(e, "UNSET", "none"); err == nil {
		t.Error("a file that is not there")
	}
}

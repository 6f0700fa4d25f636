package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
)

// The permission table that is looked at in a review is the one of the program:
// who changes a right sees it in the change.
func TestThePermissionTableIsTheCommittedOne(t *testing.T) {
	var out bytes.Buffer
	e := env{stdout: &out, stderr: io.Discard, getenv: func(string) string { return "" }, log: slog.New(slog.DiscardHandler)}
	if code := run(context.Background(), []string{"permissions"}, e); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	const name = "../../docs/permissions.txt"
	committed, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, out.Bytes()) {
		t.Error("docs/permissions.txt is not the table of the program; write it anew: go run ./cmd/datai permissions > docs/permissions.txt")
	}
}

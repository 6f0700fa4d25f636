// Package pgtest gives each test a PostgreSQL database of its own.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Env is the environment variable that holds the URL of the server, with a
// role that may create databases: postgres://role:password@host:port/database.
const Env = "DATAI_TEST_POSTGRES"

// URL creates an empty database on the server that Env names and returns its
// URL. The database is dropped when the test ends, even if connections to it
// are still open. Without a server the test fails.
func URL(t testing.TB) string {
	t.Helper()
	// template0 is open to nobody, so tests that run at once do not lock each other out.
	return Copy(t, "template0")
}

// Copy is URL for a database that begins as a copy of another, to which nobody
// is connected.
func Copy(t testing.TB, template string) string {
	t.Helper()
	server := os.Getenv(Env)
	if server == "" {
		t.Fatalf("this test needs PostgreSQL: run `make test`, or `build/postgres.sh go test ./…`, "+
			"or set %s to the URL of a server on which databases may be created", Env)
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" || u.Host == "" {
		t.Fatalf("%s is no URL like postgres://role:password@host:port/database", Env)
	}
	name := "datai_test_" + strings.ToLower(rand.Text()) // letters and digits, safe inside SQL
	run(t, server, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	return u.String()
}

// run executes one statement on the server. The context of the test has ended
// when its cleanup runs, so the time limit stands on its own.
func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("open the server of %s: %v", Env, err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

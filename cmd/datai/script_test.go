package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"datai/internal/totptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// deadline is when a script gives up waiting for something that must happen.
const deadline = time.Minute

// newDatabase is the key of a script's value that makes an empty database; a
// script on SQLite has none.
type newDatabase struct{}

// otherDatabase is the key of a value that makes an empty PostgreSQL database,
// also in a script on SQLite.
type otherDatabase struct{}

type script = testscript.TestScript

// scriptCommands are the commands of scripts beside those of testscript.
func scriptCommands() map[string]func(ts *script, neg bool, args []string) {
	return map[string]func(ts *script, neg bool, args []string){
		"exits":     exits,
		"serving":   serving,
		"terminate": terminate,
		"http":      request,
		"posts":     postForm,
		"api":       callAPI,
		"bearer":    bearer,
		"takes":     takes,
		"waits":     waits,
		"holds":     holds,
		"hostile":   hostile,
		"installs":  installs,
		"crosses":   crosses,
		"unpacks":   unpacks,
		"metrics":   readMetrics,
		"uses":      uses,
		"sql":       runSQL,
		"shows":     shows,
		"awaits":    awaits,
	}
}

func usage(ts *script, wrong bool, text string) {
	if wrong {
		ts.Fatalf("usage: %s", text)
	}
}

// exits N PROGRAM ARG… runs the program and demands that very exit code.
func exits(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "exits CODE PROGRAM [ARG…]")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		e, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// poll asks until done says yes; the script fails after the deadline.
func poll(ts *script, what string, done func() bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(deadline); !done(); {
		select {
		case <-tick.C:
		case <-late:
			ts.Fatalf("%s: not within %v", what, deadline)
		}
	}
}

// The lines are text or JSON.
var (
	readyLine   = regexp.MustCompile(`"?msg"?[=:]"?ready"?[ ,]"?url"?[=:]"?([^\s"]+)`)
	metricsLine = regexp.MustCompile(`"?msg"?[=:]"?metrics"?[ ,]"?address"?[=:]"?([^\s"]+)`)
)

// serving LOG waits until the server that writes LOG is ready and puts its
// address into URL.
func serving(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "serving LOG")
	var found [][]byte
	poll(ts, "a server that is ready", func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			ts.Fatalf("%v", err)
		}
		found = readyLine.FindSubmatch(text)
		return found != nil
	})
	ts.Setenv("URL", string(found[1]))
}

var enterLink = regexp.MustCompile(`(?m)^http\S+/enter/(\S+)$`)

// metrics LOG prints the metrics of the server that writes LOG.
func readMetrics(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "metrics LOG")
	found := metricsLine.FindStringSubmatch(ts.ReadFile(args[0]))
	if found == nil {
		ts.Fatalf("the server does not say where its metrics are")
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+found[1]+"/metrics", nil)
	ts.Check(err)
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	_, err = io.Copy(ts.Stdout(), resp.Body)
	ts.Check(err)
}

// uses FILE takes the one-time link in FILE for LINK, and its token for TOKEN.
func uses(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "uses FILE")
	var found []string
	poll(ts, "a link in "+args[0], func() bool {
		found = enterLink.FindStringSubmatch(ts.ReadFile(args[0]))
		return found != nil
	})
	ts.Setenv("LINK", found[0])
	ts.Setenv("TOKEN", found[1])
}

// shows FILE SECONDS takes the code that an authenticator program with the
// secret on the page in FILE shows so many seconds from now for CODE, and the
// first recovery code on it, if there is one, for RECOVERY.
func shows(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "shows FILE SECONDS")
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	page := ts.ReadFile(args[0])
	if found := recoveryCode.FindStringSubmatch(page); found != nil {
		ts.Setenv("RECOVERY", found[1])
	}
	if found := secretCode.FindStringSubmatch(page); found != nil {
		ts.Setenv("SECRET", found[1])
	}
	ts.Setenv("CODE", totptest.Code(ts.Getenv("SECRET"), time.Now().Add(time.Duration(seconds)*time.Second)))
}

var (
	secretCode   = regexp.MustCompile(`<code id="secret">([A-Z2-7]+)</code>`)
	recoveryCode = regexp.MustCompile(`<code>([A-Z2-7-]{19})</code>`)
)

// awaits TEXT FILE waits until what runs in the background has written TEXT.
func awaits(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "awaits TEXT FILE")
	poll(ts, args[0]+" in "+args[1], func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			ts.Fatalf("%v", err)
		}
		return bytes.Contains(text, []byte(args[0]))
	})
}

// terminate sends SIGTERM to what runs in the background.
func terminate(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 0, "terminate")
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGTERM))
	}
}

// http METHOD URL prints the status, where it leads, whether it sets a session
// cookie, and the body. What differs between any two requests is replaced: the
// id of the request, and the address where the page tells how to come back.
func request(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "http METHOD URL")
	ask(ts, args[0], args[1], nil)
}

// posts URL NAME=VALUE… sends a form and prints the answer as http does.
func postForm(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) < 2, "posts URL NAME=VALUE…")
	form := url.Values{}
	for _, a := range args[1:] {
		name, value, _ := strings.Cut(a, "=")
		form.Add(name, value)
	}
	ask(ts, http.MethodPost, args[0], form)
}

func ask(ts *script, method, address string, form url.Values) {
	stays := ts.Getenv("STAYS") != "" // signed in, from one request to the next
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	ts.Check(err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if kept := ts.Getenv("SESSION"); kept != "" {
		req.AddCookie(&http.Cookie{Name: "datai", Value: kept})
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	session := "none"
	for _, c := range resp.Cookies() {
		if c.Name == "datai" && c.Value != "" {
			session = "set"
			if stays {
				ts.Setenv("SESSION", c.Value)
			}
		}
	}
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		body = bytes.ReplaceAll(body, []byte(id), []byte("ID"))
	}
	body = bytes.ReplaceAll(body, []byte(url.QueryEscape(req.URL.RequestURI())), []byte("BACK"))
	fmt.Fprintf(ts.Stdout(), "status %d\nlocation %s\nsession %s\n\n%s\n", resp.StatusCode, resp.Header.Get("Location"), session, body)
}

// holds TEXT PATH… searches every byte of every file at or below the paths,
// and every column of the database if the script has one on PostgreSQL.
func holds(ts *script, neg bool, args []string) {
	usage(ts, len(args) < 2 || args[0] == "", "[!] holds TEXT PATH…")
	where, err := search(ts, args[0], args[1:])
	ts.Check(err)
	switch {
	case neg && len(where) > 0:
		ts.Fatalf("%q stands in %s", args[0], strings.Join(where, ", "))
	case !neg && len(where) == 0:
		ts.Fatalf("%q stands nowhere", args[0])
	}
}

func search(ts *script, text string, paths []string) (where []string, err error) {
	for _, p := range paths {
		err := filepath.WalkDir(ts.MkAbs(p), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, []byte(text)) {
				where = append(where, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if database := ts.Getenv("DATAI_DATABASE"); database != "" {
		tables, err := searchTables(database, text)
		return append(where, tables...), err
	}
	return where, nil
}

// searchTables looks at the rows of every table as text, where bytes are
// written in hexadecimal.
func searchTables(database, text string) (where []string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	db, err := sql.Open("pgx", database)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var tables []string
	rows, err := db.QueryContext(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, name := range tables {
		var n int
		err := db.QueryRowContext(ctx, `SELECT count(*) FROM "`+name+`" AS t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0`,
			text, hex.EncodeToString([]byte(text))).Scan(&n)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			where = append(where, "table "+name)
		}
	}
	return where, nil
}

// installs NAME makes NAME the data folder of the commands that follow, as on
// a new machine: on PostgreSQL it comes with an empty database.
func installs(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "installs NAME")
	ts.Setenv("DATAI_DATA", ts.MkAbs(args[0]))
	if fresh, ok := ts.Value(newDatabase{}).(func() string); ok {
		ts.Setenv("DATAI_DATABASE", fresh())
	}
}

// crosses NAME does what installs does, with a database of the other kind.
func crosses(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "crosses NAME")
	ts.Setenv("DATAI_DATA", ts.MkAbs(args[0]))
	if ts.Getenv("DATAI_DATABASE") != "" {
		ts.Setenv("DATAI_DATABASE", "")
		return
	}
	ts.Setenv("DATAI_DATABASE", ts.Value(otherDatabase{}).(func() string)())
}

// unpacks ZIP DIR writes what is in the archive.
func unpacks(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "unpacks ZIP DIR")
	z, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer z.Close()
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), z))
}

// sql STATEMENT runs on the database of the script, beside the server.
func runSQL(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "sql STATEMENT")
	driver, dsn := "sqlite", "file:"+filepath.Join(ts.Getenv("DATAI_DATA"), "datai.db")+"?_pragma=busy_timeout(5000)"
	if database := ts.Getenv("DATAI_DATABASE"); database != "" {
		driver, dsn = "pgx", database
	}
	db, err := sql.Open(driver, dsn)
	ts.Check(err)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	done, err := db.ExecContext(ctx, args[0])
	ts.Check(err)
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("%s: changed %d rows (%v)", args[0], n, err)
	}
}

// hostile KIND FILE makes a file that nobody should send.
func hostile(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "hostile KIND FILE")
	make, ok := hostileFiles[args[0]]
	if !ok {
		ts.Fatalf("no hostile file of kind %q", args[0])
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	w := bufio.NewWriter(f)
	ts.Check(errors.Join(make(w), w.Flush(), f.Close()))
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// TestStopFinishesWhatIsUnderway: a request that is half sent when the order to
// stop comes is answered, nobody new gets in, and the exit code is 0.
func TestStopFinishesWhatIsUnderway(t *testing.T) {
	ctx, stopNow := context.WithCancel(t.Context())
	defer stopNow()
	log, out := io.Pipe()
	e := env{stdout: io.Discard, stderr: out, getenv: func(string) string { return "" }, dir: t.TempDir()}
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(e.dir, "data"), "--stop-grace", "1m"}, e)
		if err := out.Close(); err != nil {
			t.Error(err)
		}
	}()
	told := make(chan string, 100)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			told <- lines.Text()
		}
		close(told)
	}()
	until := func(part string) string {
		t.Helper()
		for line := range told {
			if strings.Contains(line, part) {
				return line
			}
		}
		t.Fatalf("the server ended without saying %q", part)
		return ""
	}
	found := readyLine.FindStringSubmatch(until("msg=ready"))
	base, err := url.Parse(found[1])
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", base.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const form = "name=nobody&password=nothing-of-that-kind"
	answers := bufio.NewReader(conn)
	// The server asks for the body once a handler reads it: then the request is underway.
	fmt.Fprintf(conn, "POST /sign-in HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: same-origin\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n",
		base.Host, len(form))
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("the server does not ask for the body: %q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stopNow()
	until("msg=stopping")
	for { // the listener closes right after
		other, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", base.Host)
		if err != nil {
			break
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	}
	fmt.Fprint(conn, form)
	resp, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the request that was underway: %v", err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || len(body) == 0 || resp.StatusCode != http.StatusForbidden {
		t.Errorf("it was answered with %d and %d bytes, %v; want a page that forbids", resp.StatusCode, len(body), err)
	}
	for range told { // to the end of the log
	}
	if got := <-code; got != exitOK {
		t.Errorf("exit code %d", got)
	}
}

// TestAnOrderToStopIsNoFault: what is done every minute is cut short by an order
// to stop and says nothing; a database that does not answer is a fault.
func TestAnOrderToStopIsNoFault(t *testing.T) {
	a := server(t, t.TempDir(), "")
	var log bytes.Buffer
	a.log = slog.New(slog.NewTextHandler(&log, nil))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	a.tend(stopped, nil)
	if log.Len() > 0 {
		t.Errorf("an order to stop is logged as %s", log.String())
	}
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	log.Reset()
	a.tend(t.Context(), nil)
	if !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("a database that is closed is no fault: %s", log.String())
	}
}

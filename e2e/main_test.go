// Package e2e drives the real program with a real browser: what people see and
// do, from the address to the database.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder for pictures of every page, an absolute path; none are taken without it: go test ./e2e -run TestEveryPage -args -shots DIR")

var browser = flag.String("browser", "", "program that is the browser, instead of the Chromium of this machine, such as one of the oldest version that is supported")

// patience is how long anything may take before a test gives it up.
const patience = time.Minute

// site is what all tests share: the program, one browser, and servers. Tests
// that publish or say something do so at the desk, each with titles of its
// own; so the shop looks the same in every test.
var site struct {
	bin              string
	browser          context.Context
	shop, desk, bare *server // with demonstration data, likewise, and with nothing
}

// server is a running one.
type server struct{ url, data string }

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runWithSite(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func runWithSite(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "datai-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	site.bin = filepath.Join(dir, "datai")
	if out, err := exec.Command("go", "build", "-o", site.bin, "datai/cmd/datai").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build: %w\n%s", err, out)
	}
	for name, at := range map[string]struct {
		to   **server
		args []string
	}{"shop": {&site.shop, []string{"--demo"}}, "desk": {&site.desk, []string{"--demo"}}, "bare": {&site.bare, nil}} {
		s, stop, err := startServer(filepath.Join(dir, name), at.args...)
		if err != nil {
			return 1, err
		}
		defer func() {
			if e := stop(); e != nil {
				code, err = 1, errors.Join(err, e)
			}
		}()
		*at.to = s
	}
	quit, err := startBrowser(filepath.Join(dir, "browser"))
	if err != nil {
		return 1, err
	}
	defer quit()
	return m.Run(), nil
}

var readyLine = regexp.MustCompile(`msg=ready url=(\S+)`)

// startServer serves a data folder and returns how to end it.
func startServer(data string, args ...string) (s *server, stop func() error, err error) {
	c := exec.Command(site.bin, append([]string{"serve", "--data", data, "--addr", "127.0.0.1:0", "--lang", "en"}, args...)...)
	log, err := c.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := c.Start(); err != nil {
		return nil, nil, err
	}
	ready := make(chan string, 1)
	said := &tail{}
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			said.add(lines.Text())
			if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
				ready <- m[1]
			}
		}
		close(ready)
	}()
	end := func() error {
		err := c.Process.Signal(syscall.SIGTERM)
		for range ready { // the log has been read to its end
		}
		if err = errors.Join(err, c.Wait()); err != nil {
			return fmt.Errorf("the server ended badly: %w\n%s", err, said)
		}
		return nil
	}
	late := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer late.Stop()
	url := <-ready
	if url == "" {
		return nil, nil, fmt.Errorf("the server did not start: %w\n%s", c.Wait(), said)
	}
	return &server{url, data}, end, nil
}

// tail is the last lines of a log.
type tail struct{ lines []string }

func (t *tail) add(line string) {
	if t.lines = append(t.lines, line); len(t.lines) > 20 {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string { return strings.Join(t.lines, "\n") }

// startBrowser starts one browser with a profile of its own that reaches this
// machine alone, and returns how to end it.
func startBrowser(profile string) (quit func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // tests run as root in containers; the pages are ours
		chromedp.DisableGPU,
		chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"),
	)
	if *browser != "" {
		options = append(options, chromedp.ExecPath(*browser))
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	browser, cancelBrowser := chromedp.NewContext(allocator)
	quit = func() { cancelBrowser(); cancel() }
	if err := chromedp.Do(browser); err != nil {
		quit()
		return nil, fmt.Errorf("browser: %w", err)
	}
	site.browser = browser
	return quit, nil
}

// enterLink asks the server for a one-time link for the account.
func (s *server) enterLink(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(s.command(t, "admin", "link", "--name", name, "--base-url", s.url))
}

// command runs a command on the server's folder and returns what it printed.
func (s *server) command(t *testing.T, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	c := exec.CommandContext(t.Context(), site.bin, append(args, "--data", s.data)...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("datai %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// officer signs an officer in without the browser.
func (s *server) officer(t *testing.T) *http.Cookie {
	t.Helper()
	return s.enter(t, s.enterLink(t, "办公室"))
}

// member makes an account with these roles and signs it in.
func (s *server) member(t *testing.T, name string, roles ...string) *http.Cookie {
	t.Helper()
	s.command(t, "user", "add", name, "--role", strings.Join(roles, ","))
	return s.enter(t, s.enterLink(t, name)) // which asks for no second factor
}

// invited makes an account with these roles and lets it in by an invitation,
// which shows no second factor.
func (s *server) invited(t *testing.T, name string, roles ...string) *http.Cookie {
	t.Helper()
	s.command(t, "user", "add", name, "--role", strings.Join(roles, ","))
	return s.enter(t, strings.TrimSpace(s.command(t, "user", "invite", name, "--base-url", s.url)))
}

// enter opens a one-time link without the browser and returns the session.
func (s *server) enter(t *testing.T, link string) *http.Cookie {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(link, url.Values{})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if c.Name == "datai" {
			return c
		}
	}
	t.Fatalf("no session after the one-time link: %s", resp.Status)
	return nil
}

// get reads a page of the server without the browser.
func (s *server) get(t *testing.T, path string, cookies ...*http.Cookie) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		req.AddCookie(c)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// first is the first match of the pattern's group in the page at path.
func (s *server) first(t *testing.T, pattern, path string, cookies ...*http.Cookie) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(s.get(t, path, cookies...))
	if m == nil {
		t.Fatalf("%s: nothing there like %s", path, pattern)
	}
	return m[1]
}

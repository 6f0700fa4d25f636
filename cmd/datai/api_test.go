package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
)

// bearer FILE sends the token in FILE with the api commands that follow;
// without FILE they send none.
func bearer(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) > 1, "bearer [FILE]")
	secret := ""
	if len(args) == 1 {
		secret = strings.TrimSpace(ts.ReadFile(args[0]))
	}
	ts.Setenv("BEARER", secret)
}

// api METHOD PATH [BODY [TYPE]] asks /api/v1 of the server at URL, with the body in
// the file BODY, and with If-Match if IF_MATCH is set. It prints the status,
// the headers that scripts look at, and the body; ETAG holds the tag.
func callAPI(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) < 2 || len(args) > 4, "api METHOD PATH [BODY [TYPE]]")
	fmt.Fprint(ts.Stdout(), askAPI(ts, args))
}

func askAPI(ts *script, args []string) string {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var body io.Reader
	contentType := "application/json"
	if len(args) > 2 {
		content, err := os.ReadFile(ts.MkAbs(args[2]))
		ts.Check(err)
		body = bytes.NewReader(content)
	}
	if len(args) > 3 {
		contentType = args[3]
	}
	req, err := http.NewRequestWithContext(ctx, args[0], ts.Getenv("URL")+"/api/v1"+args[1], body)
	ts.Check(err)
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if secret := ts.Getenv("BEARER"); secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	if tag := ts.Getenv("IF_MATCH"); tag != "" {
		req.Header.Set("If-Match", tag)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Setenv("ETAG", resp.Header.Get("ETag"))
	var out strings.Builder
	fmt.Fprintf(&out, "status %d\n", resp.StatusCode)
	for _, name := range []string{"Content-Type", "WWW-Authenticate", "Link", "Location"} {
		if v := resp.Header.Get(name); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	fmt.Fprintf(&out, "\n%s\n", got)
	return out.String()
}

// waits PATH PATTERN asks for PATH of /api/v1 until the answer is like PATTERN.
func waits(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "waits PATH PATTERN")
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	poll(ts, args[1], func() bool { return pattern.MatchString(askAPI(ts, []string{http.MethodGet, args[0]})) })
}

// takes NAME FILE PATTERN puts what the group of the pattern finds in FILE,
// which may be stdout, into NAME.
func takes(ts *script, neg bool, args []string) {
	usage(ts, neg || len(args) != 3, "takes NAME FILE PATTERN")
	pattern, err := regexp.Compile(args[2])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s: nothing like %s", args[1], args[2])
	}
	ts.Setenv(args[0], found[1])
}

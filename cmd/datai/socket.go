package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"datai/catalog"
	"datai/wording"
)

// dataCommand is a command that works on the open catalogue, in this process
// or in the server's.
type dataCommand interface {
	where() place
	run(ctx context.Context, a *app, e env, l wording.Lang) error
}

// socketName is the server's door for commands, in the data folder.
const socketName = "datai.sock"

// withData opens the catalogue and runs cmd; if a server holds it, the server
// runs the same arguments and its output comes back.
func withData(ctx context.Context, e env, l wording.Lang, args []string, cmd dataCommand) error {
	at := cmd.where()
	a, err := openApp(ctx, e, at)
	if errors.Is(err, errHeld) {
		return forward(ctx, e, at, args)
	}
	if err != nil {
		return err
	}
	if err = a.recover(ctx, at); err == nil {
		err = cmd.run(ctx, a, e, l)
	}
	return errors.Join(err, a.close())
}

// order is what a command sends to the server.
type order struct {
	Args []string
	Dir  string // where the command was typed
	Lang string // LANG there

	Terminal bool // stderr is one there
}

// frame is one piece of a command's output, a JSON line; the last one has Exit.
type frame struct {
	Out  []byte `json:",omitempty"`
	Err  []byte `json:",omitempty"`
	Exit *int   `json:",omitempty"`
}

func forward(ctx context.Context, e env, at place, args []string) error {
	socket := filepath.Join(e.path(at.Data), socketName)
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	body, w := io.Pipe()
	go func() {
		w.CloseWithError(json.NewEncoder(w).Encode(order{Args: args, Dir: e.dir, Lang: e.getenv("LANG"), Terminal: e.terminal}))
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://datai/run", body)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%w, and its socket does not answer; wait until it has started or stop it: %w", errHeld, err)
	}
	defer func() { _ = resp.Body.Close() }()
	for dec := json.NewDecoder(bufio.NewReader(resp.Body)); ; {
		var f frame
		if err := dec.Decode(&f); err != nil {
			return fmt.Errorf("the server ended before the command did: %w", err)
		}
		if _, err := e.stdout.Write(f.Out); err != nil {
			return err
		}
		if _, err := e.stderr.Write(f.Err); err != nil {
			return err
		}
		if f.Exit != nil {
			if *f.Exit == exitOK {
				return nil
			}
			return stop{*f.Exit}
		}
	}
}

// listenSocket opens the door for commands: only who may write the data folder
// gets in. A socket left behind by a killed server is replaced; that no other
// server lives is known from the lock.
func (a *app) listenSocket(ctx context.Context) (*http.Server, error) {
	path := filepath.Join(a.dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("command socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", a.serveOrder)
	// A command ends with the server: an import is cancelled and has changed
	// nothing. What is being written is written.
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("command socket ended", "err", err)
		}
	}()
	return srv, nil
}

func (a *app) serveOrder(w http.ResponseWriter, r *http.Request) {
	var o order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&o); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := &frames{enc: json.NewEncoder(w), flush: http.NewResponseController(w).Flush}
	e := env{stdout: frameWriter{out, false}, stderr: frameWriter{out, true}, dir: o.Dir, terminal: o.Terminal,
		getenv: func(name string) string {
			if name == "LANG" {
				return o.Lang
			}
			return ""
		}}
	code := a.runOrder(r.Context(), o.Args, e)
	if err := out.send(frame{Exit: &code}); err != nil {
		a.log.Warn("whoever typed a command left before it ended", "err", err)
	}
}

// runOrder runs a command that was typed elsewhere on the open catalogue.
func (a *app) runOrder(ctx context.Context, args []string, e env) int {
	var c cli
	cmd, err := parse(&c, args, e)
	if err != nil {
		return report(e, wording.Chinese, err)
	}
	l := c.language(e)
	data, ok := cmd.(dataCommand)
	if !ok {
		return report(e, l, errHeld)
	}
	err = data.run(ctx, a, e, l)
	if err != nil && ctx.Err() != nil { // if it is who typed that left, nobody reads this
		err = catalog.Refuse(catalog.Unavailable, "error.stopping").Because(err)
	}
	return report(e, l, err)
}

// frames writes frames of two streams one after the other.
type frames struct {
	mu    sync.Mutex
	enc   *json.Encoder
	flush func() error
}

func (f *frames) send(fr frame) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.enc.Encode(fr), f.flush())
}

type frameWriter struct {
	to     *frames
	stderr bool
}

func (w frameWriter) Write(p []byte) (int, error) {
	f := frame{Out: p}
	if w.stderr {
		f = frame{Err: p}
	}
	return len(p), w.to.send(f)
}

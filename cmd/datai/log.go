package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"
)

// logPlace is where a server's log goes beside standard error.
type logPlace struct {
	LogDir  string   `env:"DATAI_LOG_DIR" placeholder:"DIR" help:"Keep the log in files in this folder too, readable by the account of the server alone."`
	LogKeep int      `default:"200" env:"DATAI_LOG_KEEP" placeholder:"DAYS" help:"Days after which those files are deleted, at least 184: network logs are kept for six months."`
	Syslog  *url.URL `env:"DATAI_SYSLOG" placeholder:"URL" help:"Send the log to a collector too: udp://HOST:514, tcp://HOST:514 or unix:///dev/log. One that hangs delays nothing; what it does not take in time is counted and left out."`
}

const (
	// logKeepLeast is the longest that six months can be: the Cybersecurity Law
	// wants network logs kept for no less (art. 21 (3) of the text of 2017).
	logKeepLeast = 184
	logFileMB    = 100
	syslogQueue  = 8192 // lines that wait for a collector
	syslogLast   = time.Second
)

// errLog is a log that cannot be kept as was asked: the server does not start.
var errLog = errors.New("log")

// open returns the handlers of the places that were asked for, and what closes
// them.
func (p logPlace) open(e env, options *slog.HandlerOptions) (to []slog.Handler, closing func(), err error) {
	var ends []func()
	closing = func() {
		for _, end := range ends {
			end()
		}
	}
	if p.LogDir != "" {
		if p.LogKeep < logKeepLeast {
			return nil, closing, fmt.Errorf("%w: --log-keep %d: network logs are kept for at least six months; give %d days or more", errLog, p.LogKeep, logKeepLeast)
		}
		dir := e.path(p.LogDir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, closing, fmt.Errorf("%w: %w", errLog, err)
		}
		file := &lumberjack.Logger{Filename: filepath.Join(dir, "datai.log"), MaxSize: logFileMB, MaxAge: p.LogKeep, Compress: true} // mode 0600
		if _, err := file.Write(nil); err != nil {
			return nil, closing, fmt.Errorf("%w: %w", errLog, err)
		}
		to = append(to, slog.NewJSONHandler(file, options))
		ends = append(ends, func() { _ = file.Close() })
	}
	if p.Syslog != nil {
		s, err := dialSyslog(p.Syslog)
		if err != nil {
			return nil, closing, err
		}
		to = append(to, slog.NewJSONHandler(s, options))
		ends = append(ends, s.close)
	}
	return to, closing, nil
}

// collector takes lines for a syslog receiver. Whoever writes never waits for
// the network: lines stand in a queue that one goroutine empties.
type collector struct {
	lines chan []byte
	left  atomic.Int64 // lines that were left out since the last that was sent
	stop  chan struct{}
	ended chan struct{}
}

func dialSyslog(to *url.URL) (*collector, error) {
	network, address := to.Scheme, to.Host
	switch network {
	case "udp", "tcp":
	case "unix":
		network, address = "unixgram", to.Path
	default:
		return nil, fmt.Errorf("%w: --syslog %s: use udp://HOST:PORT, tcp://HOST:PORT or unix:///PATH", errLog, to)
	}
	c := &collector{lines: make(chan []byte, syslogQueue), stop: make(chan struct{}), ended: make(chan struct{})}
	go c.send(network, address)
	return c, nil
}

// Write puts a line into the queue, or counts it when there is no room.
func (c *collector) Write(line []byte) (int, error) {
	select {
	case c.lines <- bytes.Clone(line):
	default:
		c.left.Add(1)
	}
	return len(line), nil
}

// next is the line to be sent, nil when the log is at its end and nothing waits.
func (c *collector) next() []byte {
	select {
	case line := <-c.lines:
		return line
	case <-c.stop:
	}
	select {
	case line := <-c.lines:
		return line
	default:
		return nil
	}
}

// send empties the queue. A connection that fails is made anew, at most once a
// second.
func (c *collector) send(network, address string) {
	defer close(c.ended)
	var w *syslog.Writer
	for line := c.next(); line != nil; line = c.next() {
		if n := c.left.Swap(0); n > 0 {
			line = fmt.Appendf(nil, `{"level":"WARN","msg":"lines left out","lines":%d}`+"\n%s", n, line)
		}
		for try := 0; ; try++ {
			var err error
			if w == nil {
				w, err = syslog.Dial(network, address, syslog.LOG_INFO|syslog.LOG_DAEMON, "datai")
			}
			if err == nil && severity(w, line) == nil {
				break
			}
			if w != nil {
				_ = w.Close()
				w = nil
			}
			if try > 0 {
				c.left.Add(1)
				select {
				case <-time.After(time.Second):
				case <-c.stop:
				}
				break
			}
		}
	}
	if w != nil {
		_ = w.Close()
	}
}

// severity sends a line with the level that its handler wrote near its
// beginning.
func severity(w *syslog.Writer, line []byte) error {
	text, head := string(line), line[:min(len(line), 120)]
	switch {
	case bytes.Contains(head, []byte(`"level":"ERROR"`)):
		return w.Err(text)
	case bytes.Contains(head, []byte(`"level":"WARN"`)):
		return w.Warning(text)
	case bytes.Contains(head, []byte(`"level":"DEBUG"`)):
		return w.Debug(text)
	}
	return w.Info(text)
}

// close sends what waits, but does not wait long.
func (c *collector) close() {
	close(c.stop)
	select {
	case <-c.ended:
	case <-time.After(syslogLast):
	}
}

var _ io.Writer = (*collector)(nil)

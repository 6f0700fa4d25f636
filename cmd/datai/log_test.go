package main

import (
	"log/slog"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

func collect(t *testing.T, to string) (*slog.Logger, *collector) {
	t.Helper()
	place, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	c, err := dialSyslog(place)
	if err != nil {
		t.Fatal(err)
	}
	return slog.New(slog.NewJSONHandler(c, nil)), c
}

func TestACollectorGetsLinesWithTheirSeverity(t *testing.T) {
	conn, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	log, c := collect(t, "udp://"+conn.LocalAddr().String())
	log.Info("request", "route", "GET /results")
	log.Error("panic")
	c.close()
	log.Info("after the end") // is nobody's, and hurts nobody
	buf := make([]byte, 4096)
	// The facility daemon is 3; error is 3 and information 6 (RFC 3164, 4.1.1).
	for _, want := range []string{"<30>", "<27>"} {
		if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.ReadFrom(buf)
		if err != nil || !strings.HasPrefix(string(buf[:n]), want) || !strings.Contains(string(buf[:n]), `"msg":`) {
			t.Errorf("%q, %v; want %s", buf[:n], err, want)
		}
	}
}

// A receiver that takes the connection and then reads nothing costs lines, never
// the time of whoever writes them.
func TestACollectorThatHangsDelaysNobody(t *testing.T) {
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	log, c := collect(t, "tcp://"+ln.Addr().String())
	long := strings.Repeat("长", 4000)
	for range 2 * syslogQueue {
		log.Info(long)
	}
	if c.left.Load() == 0 {
		t.Error("a receiver that reads nothing took everything")
	}
	c.close()
}

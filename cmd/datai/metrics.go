package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"datai/intake"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what a monitoring system reads. Labels are routes, kinds and
// fates that are written in the source: nothing that a person typed, no account,
// no address.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	answers  prometheus.Histogram
	waits    prometheus.Histogram
	writes   prometheus.Histogram
	rows     *prometheus.CounterVec
}

// seconds are the bounds of every histogram: from what nobody notices to what
// nobody waits for.
var seconds = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newMetrics() *metrics {
	histogram := func(name, help string) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(histogram("datai_http_request_seconds", "How long requests took, by route and status."), []string{"route", "status"}),
		answers:  prometheus.NewHistogram(histogram("datai_match_seconds", "How long it took to find and explain what fits.")),
		waits:    prometheus.NewHistogram(histogram("datai_db_write_wait_seconds", "How long units of work waited for the database.")),
		writes:   prometheus.NewHistogram(histogram("datai_db_write_seconds", "How long units of work took, with their waiting.")),
		rows:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "datai_import_rows_total", Help: "Rows of applied imports, by fate."}, []string{"fate"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "datai_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version(), "go": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.answers, m.waits, m.writes, m.rows, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) request(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) answer(took time.Duration) { m.answers.Observe(took.Seconds()) }

func (m *metrics) write(waited, took time.Duration) {
	m.waits.Observe(waited.Seconds())
	m.writes.Observe(took.Seconds())
}

func (m *metrics) imported(c intake.Counts) {
	for fate, n := range map[string]int{"new": c.New, "changed": c.Changed, "unchanged": c.Unchanged, "repeated": c.Repeated, "refused": c.Refused} {
		m.rows.WithLabelValues(fate).Add(float64(n))
	}
}

// watch adds what is looked up when somebody reads the metrics.
func (m *metrics) watch(a *app) {
	gauge := func(name, help string, read func(context.Context) (float64, error)) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), readyLimit)
			defer cancel()
			v, err := read(ctx)
			if err != nil {
				return -1
			}
			return v
		}))
	}
	gauge("datai_index_documents", "Documents in the index.", func(context.Context) (float64, error) { return float64(a.match.Len()), nil })
	gauge("datai_index_lag_changes", "Numbered changes of other servers that the index lacks; -1 if the database does not answer.", func(ctx context.Context) (float64, error) {
		n, err := a.lag(ctx)
		return float64(n), err
	})
	gauge("datai_index_behind", "1 if a change was lost to the index until it is rebuilt.", func(context.Context) (float64, error) {
		if a.behind.Load() {
			return 1, nil
		}
		return 0, nil
	})
	gauge("datai_outbox_messages", "Messages that wait to be sent; -1 if the database does not answer.", func(ctx context.Context) (float64, error) {
		n, err := a.db.Waiting(ctx)
		return float64(n), err
	})
	gauge("datai_last_backup_timestamp_seconds", "When the last backup was taken, 0 if there was none; -1 if the database does not answer.", func(ctx context.Context) (float64, error) {
		at, err := a.db.LastBackup(ctx)
		return float64(at) / 1000, err
	})
}

// serveMetrics answers on an address of its own until the server is shut down.
func (a *app) serveMetrics(ctx context.Context, address string) (*http.Server, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: headerLimit, WriteTimeout: stallLimit, MaxHeaderBytes: maxHeader}
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("metrics ended", "err", err)
		}
	}()
	a.log.Info("metrics", "address", ln.Addr().String())
	return srv, nil
}

// Package web serves the pages: one file a noun, handlers that return errors,
// one place that shows them. Everything works without scripts; with them parts
// of a page are replaced instead of the whole.
package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"datai/account"
	"datai/contact"
	"datai/document"
	"datai/evidence"
	"datai/gate"
	"datai/inbox"
	"datai/intake"
	"datai/matchmaker"
	"datai/rulebook"
	"datai/shelf"
	"datai/web/api"
	built "datai/web/assets"
	"datai/web/limit"
	"datai/web/ui"
	"datai/wording"

	"github.com/alexedwards/scs/v2"
)

// Site names the installation on its pages.
type Site = ui.Site

// Config is what the pages are made of.
type Config struct {
	Intake      *intake.Service
	Shelf       *shelf.Service
	Match       *matchmaker.Service
	Account     *account.Service
	Contact     *contact.Service
	Gate        *gate.Service
	Inbox       *inbox.Service
	Rules       *rulebook.Service
	Processes   *rulebook.Processes
	Proxy       *shelf.Proxy
	Enterprises *shelf.Enterprises
	Evidence    *evidence.Service
	Document    *document.Service
	Sessions    scs.Store

	Passwords *account.Passwords
	// TrustedEgress are addresses behind which hundreds of people are: a campus, a
	// hall. Wrong passwords from there are less of a suspicion.
	TrustedEgress []netip.Prefix

	// Export writes everything of a kind in a format, as who may see it.
	Export func(ctx context.Context, w io.Writer, who account.Principal, kind intake.Kind, format string) error
	// WritePack writes a pack of evidence as a zip file.
	WritePack func(w io.Writer, zone *time.Location, p evidence.Pack) error
	// WriteReport writes what fits many needs as a workbook.
	WriteReport func(w io.Writer, l wording.Lang, zone *time.Location, r matchmaker.Report) error
	// Open opens an uploaded file as what it is said to hold, "" recognises it;
	// closing the Closer lets go of it.
	Open func(ctx context.Context, who account.Principal, path, name string, kind intake.Kind) (intake.File, io.Closer, error)
	// Preview reads the columns and the first n rows of such a file.
	Preview func(path, name string, kind intake.Kind, n int) (ui.Sample, error)
	// Fields are the codes of what a column may be about.
	Fields func(kind intake.Kind) []string
	// SecretName reports whether a file is classified by its very name.
	SecretName func(name string) bool
	// Refused writes the refused rows of a batch in the format in which they
	// came, with reasons in the language of the reader.
	Refused func(ctx context.Context, who account.Principal, l wording.Lang, w io.Writer, b intake.Batch) error
	// Scan looks for malicious software in a file that was received, from its
	// beginning; an error that is a *catalog.Error says what was found. nil looks
	// at nothing.
	Scan func(ctx context.Context, file *os.File) error
	// UploadDir is where uploads lie while they are read, without a name. It is
	// made if it is not there.
	UploadDir string
	// MaxUpload is the largest upload in bytes; 0 means 64 MiB.
	MaxUpload int64
	// MaxDocument is the largest document of a case in bytes; 0 means
	// document.Most.
	MaxDocument int64

	// Outside speaks with identity providers.
	Outside Outside
	// Passkeys asks devices that hold passkeys; without functions there are none.
	Passkeys Passkeys

	// Write writes lists as files, Read understands what people write by hand.
	Write Writers
	Read  Readers

	// Beside are the addresses that the process answers without these pages, for
	// the list of all.
	Beside []account.Route
	// OpenRoster opens a list of staff or students.
	OpenRoster func(path, name string) (RosterFile, error)
	// WritePermissions writes the permission table in a format: csv or xlsx.
	WritePermissions func(w io.Writer, l wording.Lang, format string, table []account.Granted) error

	Site    Site
	BaseURL *url.URL       // where the pages are reached from outside
	Secure  bool           // served over TLS: cookies say so
	Zone    *time.Location // of the office; nil is that of Now
	Now     func() time.Time
	Logger  *slog.Logger
	// Answered, which may be nil, learns of every request its route as it
	// stands in the source, the status and how long it took.
	Answered func(route string, status int, took time.Duration)
}

const defaultMaxUpload = 64 << 20

// Pages serves every page. Close it when the server has stopped.
type Pages struct {
	Config
	sessions  *scs.SessionManager
	assets    assets
	imports   *imports
	reports   *reports
	api       *api.API
	connects  connects
	outside   *limit.Limiter
	forgotten *limit.Limiter
	passkeys  *limit.Limiter
	confirms  *limit.Limiter
	handler   http.Handler
	front     atomic.Pointer[front]
}

// New makes the pages of c.
func New(c Config) *Pages {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.BaseURL == nil {
		c.BaseURL = &url.URL{Scheme: "http", Host: "localhost"}
	}
	c.MaxUpload = cmp.Or(c.MaxUpload, defaultMaxUpload)
	c.MaxDocument = cmp.Or(c.MaxDocument, document.Most)
	p := &Pages{Config: c, assets: loadAssets(built.Files), imports: newImports(), reports: newReports()}
	p.sessions = p.newSessions()
	p.connects = newConnects(c.Now)
	p.outside = newOutsideLimit(c.Now)
	p.forgotten = newForgotLimit(c.Now)
	p.passkeys = newPasskeyLimit(c.Now)
	p.confirms = limit.New(c.Now, confirmPerMinute, confirmBurst)
	p.api = p.newAPI()
	p.handler = p.outermost(p.routes())
	return p
}

// ServeHTTP answers one request.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }

// Close cancels the imports that are still reading a file and the rounds of
// matching, and waits until they have let go of it, or until ctx ends.
func (p *Pages) Close(ctx context.Context) error {
	return errors.Join(p.imports.close(ctx), p.reports.close(ctx))
}

// Sweep lets go of what nobody came back to. It is called every minute.
func (p *Pages) Sweep() { p.imports.sweep(p.Now()) }

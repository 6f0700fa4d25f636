package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"datai/account"
	"datai/catalog"
	"datai/intake"

	"github.com/google/uuid"
)

// dropMost bounds the files of one drop, dropTimes their size together, in
// times of the largest single one.
const (
	dropMost  = 200
	dropTimes = 8
)

// upload is a file that has been received. It has no name on the disk: when
// the process lets go of it, or ends in whatever way, it is gone (never-rule 1).
type upload struct {
	file *os.File // nil if it was not kept, and problem says why
	name string   // "" if the name itself may not be kept
	size int64
	kind intake.Kind // "" is to be recognised

	problem *catalog.Error
}

func (u *upload) close() {
	if u.file != nil {
		_ = u.file.Close() // it was only read
		u.file = nil
	}
}

// path opens the file once more while this process holds it.
func (u *upload) path() string { return "/dev/fd/" + strconv.FormatUint(uint64(u.file.Fd()), 10) }

// anyKind is the form's word for a kind that is to be recognised.
const anyKind = "auto"

// receive reads the form: kind first, then the files, straight to the disk,
// never through memory. A kind may be given again before a file, for that one.
// Files that are no sheets of anybody, such as those that systems leave in
// folders, are passed over.
func (p *Pages) receive(c *visit) (kind string, ups []*upload, err error) {
	defer func() {
		if err != nil {
			for _, u := range ups {
				u.close()
			}
			ups = nil
		}
	}()
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, dropTimes*p.MaxUpload+formMax)
	form, err := c.r.MultipartReader()
	if err != nil {
		return kind, nil, catalog.Refuse(catalog.Invalid, "error.form").Because(err)
	}
	own := ""
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if err = p.broken(err); len(ups) == 1 && ups[0].problem != nil {
				err = ups[0].problem // of one file that is too large, the files together are not what to mend
			}
			return kind, ups, err
		}
		switch part.FormName() {
		case "kind", "file-kind":
			text, err := io.ReadAll(io.LimitReader(part, 64))
			if err != nil {
				return kind, ups, p.broken(err)
			}
			if own = string(text); part.FormName() == "kind" {
				kind, own = own, ""
			}
		case "file":
			as := kind
			if own != "" {
				as, own = own, ""
			}
			if as != anyKind && !slices.Contains(intake.Kinds(), intake.Kind(as)) {
				return "", ups, catalog.Refuse(catalog.Invalid, "import.no_kind")
			}
			u, err := p.keep(c.ctx(), part.FileName(), part, intake.Kind(strings.TrimPrefix(as, anyKind)), p.MaxUpload)
			if err != nil {
				return kind, ups, err
			}
			if u == nil {
				continue
			}
			if ups = append(ups, u); len(ups) > dropMost {
				return kind, ups, catalog.Refuse(catalog.Invalid, "import.too_many", "n", strconv.Itoa(dropMost))
			}
		}
	}
	if len(ups) == 0 {
		return kind, nil, catalog.Refuse(catalog.Invalid, "import.no_file")
	}
	return kind, ups, nil
}

// takeFile starts the dry run of a file that a program sends, and returns the
// id of its batch once it is known that the file can be read: a program must
// not have to ask again to hear that it cannot.
func (p *Pages) takeFile(ctx context.Context, who account.Principal, kind intake.Kind, name string, body io.Reader) (uuid.UUID, error) {
	u, err := p.keep(ctx, name, body, kind, p.MaxUpload)
	switch {
	case err != nil:
		return uuid.Nil, err
	case u == nil:
		return uuid.Nil, catalog.Refuse(catalog.Invalid, "import.no_file")
	case u.problem != nil:
		return uuid.Nil, u.problem
	}
	b, err := p.Intake.Await(ctx, who, uuid.Nil, kind, u.name)
	if err != nil {
		u.close()
		return uuid.Nil, err
	}
	began, err := p.imports.start(p, who, b.ID, u, false)
	if err != nil {
		return uuid.Nil, err
	}
	id := opened(ctx, b.ID, began)
	if b, err = p.Intake.Batch(ctx, who, id); err == nil && b.State == intake.Failed && b.Problem != nil {
		return uuid.Nil, &catalog.Error{Code: catalog.Invalid, Key: b.Problem.Key, Args: b.Problem.Args}
	}
	return id, err
}

// fileName is the last part of the name that a browser sent, fit to be shown.
// It names nothing on our disk.
func fileName(sent string) string {
	name := sent[strings.LastIndexAny(sent, `/\`)+1:]
	rs := []rune(catalog.Clean(name))
	return string(rs[max(0, len(rs)-120):])
}

// litter reports whether a file is one that systems and office programs leave
// in folders.
func litter(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasPrefix(name, "~lock") ||
		slices.Contains([]string{"thumbs.db", "desktop.ini"}, strings.ToLower(name))
}

// keep writes a file of at most so many bytes to the disk under no name. nil is a
// field without a file, or litter.
func (p *Pages) keep(ctx context.Context, name string, body io.Reader, kind intake.Kind, most int64) (*upload, error) {
	u := &upload{name: fileName(name), kind: kind}
	if u.name == "" || litter(u.name) {
		return nil, nil
	}
	if p.SecretName(u.name) {
		u.name, u.problem = "", catalog.Refuse(catalog.Invalid, "import.classified")
		return u, nil
	}
	if err := os.MkdirAll(p.UploadDir, 0o700); err != nil {
		return nil, fmt.Errorf("web: upload: %w", err)
	}
	f, err := os.CreateTemp(p.UploadDir, "upload-*") // mode 0600
	if err != nil {
		return nil, p.broken(fmt.Errorf("web: upload: %w", err))
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("web: upload: %w", err), f.Close())
	}
	u.file = f
	if u.size, err = io.Copy(f, io.LimitReader(body, most+1)); err != nil {
		u.close()
		return nil, p.broken(err)
	}
	switch {
	case u.size == 0:
		u.problem = catalog.Refuse(catalog.Invalid, "import.unusable.empty")
	case u.size > most:
		u.problem = p.tooLarge()
	}
	if u.problem == nil && p.Scan != nil {
		if err := p.Scan(ctx, f); err != nil {
			problem, ok := errors.AsType[*catalog.Error](err)
			if !ok || problem.Code == catalog.Unavailable {
				u.close()
				return nil, err
			}
			u.problem = problem
		}
	}
	if u.problem != nil {
		u.close()
	}
	return u, nil
}

func (p *Pages) tooLarge() *catalog.Error {
	return catalog.Refuse(catalog.Invalid, "import.too_large", "mb", strconv.FormatInt(p.MaxUpload>>20, 10))
}

// broken says why files did not arrive.
func (p *Pages) broken(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return catalog.Refuse(catalog.Invalid, "import.drop_too_large", "mb", strconv.FormatInt(dropTimes*p.MaxUpload>>20, 10))
	}
	if errors.Is(err, syscall.ENOSPC) {
		return catalog.Refuse(catalog.Unavailable, "error.disk_full").Because(err)
	}
	if catalog.CodeOf(err) != "" {
		return err
	}
	return catalog.Refuse(catalog.Invalid, "import.broken_off").Because(err)
}

package web

import (
	"net/http"

	"datai/catalog"
	"datai/web/ui"

	"github.com/google/uuid"
)

// tasks are the office's: matches that somebody called unfit for a reason that
// is work.
func (p *Pages) tasks(c *visit) error {
	c.v.Nav = "tasks"
	done := c.r.URL.Query().Get("state") == "done"
	list, err := p.Match.Tasks(c.ctx(), c.v.Who, done)
	if err != nil {
		return err
	}
	return c.show(ui.Head{Title: c.v.T("tasks.title"), Quiet: true}, ui.TasksPage(c.v, list, done))
}

func (p *Pages) finishTask(c *visit) error {
	id, err := uuid.Parse(c.r.PathValue("id"))
	if err != nil {
		return catalog.Refuse(catalog.NotFound, "error.not_found")
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	done := c.r.PostFormValue("do") != "reopen"
	if err := p.Match.FinishTask(c.ctx(), c.v.Who, id, done); err != nil {
		return err
	}
	if done {
		return c.redirect("/tasks")
	}
	return c.redirect("/tasks?state=done")
}

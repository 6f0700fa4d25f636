package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"datai/catalog"
	"datai/matchmaker"
	"datai/web/ui"

	"github.com/google/uuid"
)

const (
	printedNeeds = 50 // needs on one page to print
	printedHits  = 5
)

// reportForm is where an officer asks for all needs at once.
func (p *Pages) reportForm(c *visit) error {
	c.v.Nav = "batch"
	return c.show(ui.Head{Title: c.v.T("batch.title"), Quiet: true}, ui.ReportsPage(c.v, p.reports.all()))
}

func (p *Pages) startReport(c *visit) error {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formMax)
	k, err := strconv.Atoi(c.r.PostFormValue("k"))
	if err != nil || k < 1 || k > 20 {
		return catalog.Refuse(catalog.Invalid, "batch.k")
	}
	scope := matchmaker.Scope(c.r.PostFormValue("for"))
	if scope != matchmaker.ForOffice && scope != matchmaker.ForEnterprise {
		return catalog.Refuse(catalog.Invalid, "error.form")
	}
	id, err := p.reports.start(p, c.v.Who, matchmaker.ReportQuery{Open: c.r.PostFormValue("needs") != "all", K: k, Scope: scope})
	if err != nil {
		return err
	}
	return c.redirect("/batch/" + id.String())
}

// reported is the round that the address names.
func (p *Pages) reported(c *visit) (ui.Reporting, error) {
	c.v.Nav = "batch"
	id, err := uuid.Parse(c.r.PathValue("id"))
	r, there := p.reports.get(id)
	if err != nil || !there {
		return r, catalog.Refuse(catalog.NotFound, "batch.gone")
	}
	return r, nil
}

func (p *Pages) report(c *visit) error {
	r, err := p.reported(c)
	if err != nil {
		return err
	}
	if c.partial() {
		return c.render(http.StatusOK, ui.ReportPart(c.v, r))
	}
	return c.show(ui.Head{Title: c.v.T("batch.title"), Quiet: true, Refresh: r.Running()}, ui.ReportPage(c.v, r))
}

func (p *Pages) cancelReport(c *visit) error {
	r, err := p.reported(c)
	if err != nil {
		return err
	}
	p.reports.cancel(r.ID)
	return c.redirect("/batch/" + r.ID.String())
}

// finished is a round that has a report.
func (p *Pages) finished(c *visit) (ui.Reporting, error) {
	r, err := p.reported(c)
	if err == nil && r.Report == nil {
		err = catalog.Refuse(catalog.Conflict, "batch.unfinished")
	}
	return r, err
}

// reportFile is the report as a workbook.
func (p *Pages) reportFile(c *visit) error {
	r, err := p.finished(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := p.WriteReport(&b, c.v.Lang, c.v.Now.Location(), *r.Report); err != nil {
		return err
	}
	name := fmt.Sprintf("datai-batch-%s.xlsx", time.UnixMilli(r.Report.At).In(c.v.Now.Location()).Format("20060102-1504"))
	c.w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return c.send(http.StatusOK, xlsxType, b.Bytes())
}

// reportPrint is the report as sheets of paper, some needs at a time.
func (p *Pages) reportPrint(c *visit) error {
	r, err := p.finished(c)
	if err != nil {
		return err
	}
	from, at := 0, "/batch/"+r.ID.String()
	if text := c.r.URL.Query().Get("from"); text != "" {
		if from, err = strconv.Atoi(text); err != nil || from < 0 {
			return catalog.Refuse(catalog.Invalid, "error.filter")
		}
	}
	needs := r.Report.Needs
	from = min(from, len(needs))
	to := min(from+printedNeeds, len(needs))
	sheet := ui.Sheet{Report: *r.Report, Back: at, From: from + 1, To: to, Of: len(needs)}
	sheet.Report.Needs = needs[from:to]
	if to < len(needs) {
		sheet.Next = at + "/print?from=" + strconv.Itoa(to)
	}
	return c.show(ui.Head{Title: c.v.T("print.title"), Quiet: true}, ui.PrintPage(c.v, sheet))
}

// needPrint is what fits one need as sheets of paper.
func (p *Pages) needPrint(c *visit) error {
	n, err := p.officeNeed(c)
	if err != nil {
		return err
	}
	scope := matchmaker.ForOffice
	if c.r.URL.Query().Get("for") == string(matchmaker.ForEnterprise) {
		scope = matchmaker.ForEnterprise
	}
	report, err := p.Match.ReportOn(c.ctx(), c.v.Who, n, printedHits, scope)
	if err != nil {
		return err
	}
	at := "/needs/" + n.Code
	sheet := ui.Sheet{Report: report, Back: at, From: 1, To: 1, Of: 1, Office: at + "/print", Enterprise: at + "/print?for=enterprise"}
	return c.show(ui.Head{Title: c.v.T("print.title"), Quiet: true}, ui.PrintPage(c.v, sheet))
}

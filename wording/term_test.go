package wording_test

import (
	"regexp"
	"testing"

	"datai/wording"
)

// What looks like a term in days or months, or an hour of the day.
var (
	chineseTerm = regexp.MustCompile(`[0-9０-９]+ ?(个?工作日|自然日|日内|日前|日|天|个月)|[一二两三四五六七八九十]+ ?(个工作日|个自然日|天内|日内|个月)|[0-9]{1,2}:[0-9]{2}`)
	englishTerm = regexp.MustCompile(`(?i)\b([0-9]+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fourteen|thirty|ninety)[ -](working |calendar )?(days?|months?)\b|[0-9]{1,2}:[0-9]{2}`)
)

// fixedTerms are the texts that name a term of their own, and why it is no dated
// rule's: every other says it by a variable.
var fixedTerms = map[string]string{
	"behalf.drafts_kept":        "how long the program keeps drafts; no university sets it",
	"cases.export_why_hint":     "an example of a reason",
	"conflicts.saved.proposed":  "how long the link to join accounts works; no university sets it",
	"doctor.mend.level3_logs":   "what the program asks of its flag --log-dir; no university sets it",
	"doctor.mend.retention":     "how long the doctor waits before it warns",
	"gate.asked.once":           "how long a link of the gate works; no university sets it",
	"gate.link.expired":         "likewise",
	"gate.idle_lead":            "which part of a list is shown",
	"gate.review.until":         "the hour at which scores close; no university sets it",
	"notices.mail_hint.digest":  "the hour of the digest; no university sets it",
	"question.reply":            "asks an enterprise whether it can; promises nothing",
	"rules.pick.minute":         "an example of how an hour is written",
	"rules.choice.next_workday": "the name of a choice in a rule",
}

func TestNoTextFixesATermThatARuleSets(t *testing.T) {
	used := map[string]bool{}
	for _, l := range languages {
		term := chineseTerm
		if l == wording.English {
			term = englishTerm
		}
		for key, text := range wording.Keys(l) {
			if said := term.FindString(text); said != "" {
				if used[key] = true; fixedTerms[key] == "" {
					t.Errorf("%v: %s names %q: say it by a variable from the rule in force, or give the reason here", l, key, said)
				}
			}
		}
	}
	for key := range fixedTerms {
		if !used[key] {
			t.Errorf("%s names no term any more", key)
		}
	}
}

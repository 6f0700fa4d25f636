package exchange

import (
	"regexp"
	"slices"
	"strings"

	"datai/catalog"
	"datai/match"
)

func (b *builder) result() *catalog.Result {
	r := &catalog.Result{
		Kind: catalog.KindResult, Title: b.title(), GivenID: b.id(fID), Summary: b.line(fSummary, wordMax),
		Abstract: b.text(fAbstract, textMax), Keywords: b.keywords(), Claims: b.text(fClaims, claimMax),
		Application: b.line(fApplication, lineMax), Organization: b.line(fUnit, wordMax), Owners: b.names(fOwners),
		Completers: b.people(), IndicatorsAs: b.text(fIndicators, textMax),
		RightsAs: b.text(fRights, textMax), Maturity: b.maturity(), Ways: b.ways(), Price: b.price(),
		CompletedOn: b.date(fCompleted), Funding: b.text(fFunding, lineMax), Origin: b.line(fOrigin, wordMax),
		Awards: b.text(fAwards, lineMax), Market: b.text(fMarket, textMax), Remarks: b.text(fRemarks, textMax),
		Address: b.line(fAddress, wordMax), Image: b.line(fImage, lineMax), Video: b.line(fVideo, lineMax), Contact: b.contact(),
	}
	r.Themes = b.themes(r.Application)
	r.Indicators = indicators(r.IndicatorsAs)
	b.rights(r)
	r.Disciplines = b.disciplines()
	r.Extra = b.extras()
	return r
}

// people are those who made the result. Shares count only if they are whole.
func (b *builder) people() []catalog.Completer {
	people, ok := peopleIn(b.list(fCompleters, lineMax, splitPeople))
	if !ok {
		b.note(b.header(fCompleters), "import.note.shares")
	}
	return people
}

func (b *builder) rights(r *catalog.Result) {
	var wrong []string
	r.Rights, wrong = rightsIn(r.RightsAs)
	if r.Unfiled = unfiledWords.MatchString(r.RightsAs); r.Unfiled {
		b.note(b.header(fRights), "import.note.unfiled")
	}
	for _, w := range wrong {
		b.note(b.header(fRights), "import.note.wrong_number", "value", short(w, 30))
	}
}

// disciplineCode is a code of GB/T 13745 of 3, 5 or 7 digits.
var disciplineCode = regexp.MustCompile(`^(\d{3}|\d{5}|\d{7})$`)

// disciplines are codes, or names of the catalogue's list; a text that is
// neither is kept among the unknown columns.
func (b *builder) disciplines() []string {
	s := b.line(fDiscipline, lineMax)
	if s == "" {
		return nil
	}
	var out []string
	for _, part := range b.list(fDiscipline, lineMax, splitDisciplines) {
		if part = oneLine(part); catalog.KnownDiscipline(part) {
			out = append(out, part)
			continue
		}
		for _, code := range splitMarks(part) {
			if !disciplineCode.MatchString(code) && !catalog.KnownDiscipline(code) {
				b.keep(fDiscipline, s)
				return nil
			}
			out = append(out, code)
		}
	}
	out, _ = distinct(out, maxKeywords)
	return out
}

// splitDisciplines parts names, some of which have another mark in them.
func splitDisciplines(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；\n", r) })
}

func splitMarks(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(usualMarks+" ", r) })
}

// themes are those that a column names, else those that a field of use as
// written speaks of.
func (b *builder) themes(written string) []catalog.Theme {
	s := b.line(fTheme, lineMax)
	var out []catalog.Theme
	for _, part := range b.list(fTheme, lineMax, splitMarks) {
		t, ok := catalog.ThemeNamed(oneLine(part))
		if !ok {
			b.keep(fTheme, s)
			return catalog.ThemesIn(written)
		}
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return catalog.ThemesIn(written)
	}
	return out
}

func (b *builder) patent() *catalog.Result {
	r := &catalog.Result{
		Kind: catalog.KindPatent, GivenID: b.id(fID), Abstract: b.text(fAbstract, textMax), Claims: b.text(fClaims, claimMax),
		Keywords: b.keywords(), Application: b.line(fApplication, lineMax), Organization: b.line(fUnit, wordMax),
		Owners: b.names(fOwners), Maturity: b.maturity(), Ways: b.ways(), Price: b.price(),
		Remarks: b.text(fRemarks, textMax), Address: b.line(fAddress, wordMax), Contact: b.contact(),
	}
	if len(r.Owners) == 0 {
		r.Owners = b.names(fApplicants)
	}
	r.Themes, r.Disciplines = b.themes(r.Application), b.disciplines()
	right := b.patentRight()
	right.Holders = r.Owners
	r.Rights = []catalog.Right{right}
	for _, n := range right.Inventors {
		r.Completers = append(r.Completers, catalog.Completer{Name: n})
	}
	r.Title = b.patentTitle(right.Number, r.Abstract)
	r.Extra = b.extras()
	return r
}

// patentTitle lets a patent without a title go by the beginning of its
// abstract if its number says what it is.
func (b *builder) patentTitle(number, abstract string) string {
	if b.line(fTitle, titleMax) == "" && number != "" && abstract != "" && !b.refused {
		b.note(b.header(fTitle), "import.note.title_from_text")
		return titleOf(abstract)
	}
	return b.title()
}

func (b *builder) patentRight() catalog.Right {
	r := catalog.Right{
		Number: b.applicationNumber(), Published: strings.ReplaceAll(b.line(fPublished, wordMax), " ", ""), Status: stateInWords(b.header(fStatus), b.line(fStatus, wordMax)),
		FiledOn: b.date(fFiled), GrantedOn: b.date(fGranted), ExpiresOn: b.date(fExpires),
		IPC: b.ipc(), Inventors: b.names(fInventors),
	}
	force := stateInWords(b.header(fForce), b.line(fForce, wordMax))
	r.InForce = statusInForce(force, r.Status)
	if r.Status == "" && strings.Contains(b.header(fForce), "简单") { // PatSnap's is both
		r.Status = force
	}
	r.Kind = catalog.PatentKind(r.Number)
	if kind, ok := kindIn(b.line(fPatentKind, wordMax)); ok && kind != catalog.RightOther {
		r.Kind = kind
	}
	return r
}

func (b *builder) applicationNumber() string {
	s := b.id(fNumber)
	if s == "" {
		return ""
	}
	n, ok := applicationNumber(s)
	if !ok {
		b.refuse(b.header(fNumber), "import.refused.wrong_number", "value", short(s, 40))
		return ""
	}
	return n
}

// ipc is the main class and then the others, each once.
func (b *builder) ipc() []string {
	out, _ := distinct(append(b.names(fIPCMain), b.list(fIPC, textMax, splitClasses)...), maxNames)
	return out
}

func splitClasses(s string) []string {
	all, ok := arrayOf(s)
	if !ok {
		all = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；,，|\n", r) })
	}
	out, _ := distinct(all, maxNames)
	return out
}

func (b *builder) need() *catalog.Need {
	n := &catalog.Need{
		GivenID: b.id(fID), Text: b.text(fText, textMax), Keywords: b.keywords(), Field: b.line(fApplication, lineMax),
		Category: b.line(fCategory, wordMax), IndicatorsAs: b.text(fIndicators, textMax), Ways: b.ways(), WaysAs: b.line(fWays, lineMax),
		Budget: b.price(), WishParty: b.line(fWishParty, wordMax), WishExpert: b.line(fWishExpert, wordMax), Until: b.date(fUntil),
		OwnerName: b.line(fOwners, wordMax), Address: b.line(fAddress, wordMax), Image: b.line(fImage, lineMax),
		Video: b.line(fVideo, lineMax), Contact: b.contact(),
	}
	n.Title = b.needTitle(n.Text)
	n.Themes, n.Disciplines = b.themes(n.Field), b.disciplines()
	n.Indicators = indicators(n.IndicatorsAs)
	n.Extra = b.extras()
	return n
}

// needTitle gives a need from JSON that has none the beginning of its text. In
// a sheet the column was there to be filled.
func (b *builder) needTitle(text string) string {
	if b.free && b.peek(fTitle) == "" {
		if title := titleOf(text); title != "" { // there may be no word in it
			return title
		}
	}
	return b.title()
}

func (b *builder) party() *catalog.Party {
	p := &catalog.Party{
		Kind: b.partyKind(), Name: b.title(), CreditCode: b.creditCode(), Nature: b.line(fNature, wordMax),
		Industry: b.line(fIndustry, wordMax), Region: b.line(fRegion, wordMax), Intro: b.text(fIntro, textMax),
		Jobs: b.text(fJobs, textMax), From: b.date(fFrom), Until: b.date(fTo), Contact: b.contact(),
	}
	if p.Region == "" {
		p.Region = b.line(fAddress, wordMax)
	}
	p.Extra = b.extras()
	return p
}

// partyKinds are the words for kinds of parties, and the codes.
var partyKinds = map[string]catalog.PartyKind{
	"企业": catalog.PartyEnterprise, "公司": catalog.PartyEnterprise, string(catalog.PartyEnterprise): catalog.PartyEnterprise,
	"大学": catalog.PartyUniversity, "高校": catalog.PartyUniversity, "学校": catalog.PartyUniversity, string(catalog.PartyUniversity): catalog.PartyUniversity,
	"单位": catalog.PartyUnit, "校内单位": catalog.PartyUnit, "学院": catalog.PartyUnit, "院系": catalog.PartyUnit, "部门": catalog.PartyUnit,
	"实验室": catalog.PartyUnit, "研究所": catalog.PartyUnit, string(catalog.PartyUnit): catalog.PartyUnit,
	"机构": catalog.PartyAgency, "服务机构": catalog.PartyAgency, "中介机构": catalog.PartyAgency, string(catalog.PartyAgency): catalog.PartyAgency,
	"其他": catalog.PartyOther, string(catalog.PartyOther): catalog.PartyOther,
}

// partyKind is "" if the file does not say.
func (b *builder) partyKind() catalog.PartyKind {
	s := b.line(fPartyKind, wordMax)
	kind := partyKinds[catalog.Fold(s)]
	if s != "" && kind == "" {
		b.note(b.header(fPartyKind), "import.note.party_kind_unread", "value", short(s, 20))
		b.keep(fPartyKind, s)
	}
	return kind
}

func (b *builder) creditCode() string {
	s := b.id(fCreditCode)
	if s == "" {
		return ""
	}
	code, ok := catalog.CreditCode(narrow(s))
	if !ok {
		b.refuse(b.header(fCreditCode), "import.refused.wrong_credit_code", "value", short(s, 40))
	}
	return code
}

func (b *builder) person() *catalog.Person {
	p := &catalog.Person{
		Name: b.title(), StaffNo: strings.TrimSuffix(narrow(b.id(fStaffNo)), ".0"), ORCID: b.orcid(),
		Unit: b.line(fUnit, wordMax), Title: b.line(fPosition, wordMax),
	}
	if p.StaffNo == "" && p.ORCID == "" && !b.refused {
		b.refuse("", "import.refused.no_person_key")
	}
	p.Interests = b.list(fInterests, lineMax, splitInterests)
	p.Extra = b.extras()
	return p
}

func splitInterests(s string) []string {
	words, ok := arrayOf(s)
	if !ok {
		words = strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(usualMarks, r) })
	}
	for i := range words {
		words[i] = oneLine(words[i])
	}
	out, _ := distinct(words, maxNames)
	return out
}

func (b *builder) orcid() string {
	s := b.id(fORCID)
	if s == "" {
		return ""
	}
	id, ok := catalog.ORCID(narrow(s))
	if !ok {
		b.refuse(b.header(fORCID), "import.refused.wrong_orcid", "value", short(s, 40))
	}
	return id
}

// comparisons are the ones of match in the catalogue's words.
var comparisons = map[match.Cmp]catalog.Cmp{
	match.CmpEqual: catalog.Eq, match.CmpAtLeast: catalog.Ge, match.CmpAtMost: catalog.Le,
	match.CmpMore: catalog.Gt, match.CmpLess: catalog.Lt, match.CmpRange: catalog.Range,
}

// changes go into the name: 效率提高 10% is not 效率 10%.
var changes = map[match.Change]string{match.Raised: "提高", match.Lowered: "降低"}

const maxIndicators = 50

// ReadIndicators finds the measurable indicators in a text, as an import would.
func ReadIndicators(text string) []catalog.Indicator { return indicators(text) }

func indicators(text string) []catalog.Indicator {
	var out []catalog.Indicator
	for _, i := range match.ReadIndicators(text) {
		if len(out) == maxIndicators {
			break
		}
		out = append(out, catalog.Indicator{Name: i.Name + changes[i.Change], Cmp: comparisons[i.Cmp], Value: i.Value, High: i.High, Unit: i.Unit, Method: i.Method})
	}
	return out
}

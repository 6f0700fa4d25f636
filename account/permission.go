package account

import "slices"

// Role is a bundle of permissions.
type Role string

// The roles. Those of whom the table says no more than that they are signed in
// have no work in Datai yet; they are there so that a university can name its
// people once.
const (
	Visitor    Role = "visitor"    // nobody signed in
	Officer    Role = "officer"    // 成果办: technology-transfer officer
	Manager    Role = "manager"    // 校外技术经理人: external technology manager, for the cases given to them
	Professor  Role = "professor"  // 教师
	Student    Role = "student"    // 学生
	Applicant  Role = "applicant"  // 考生与访客
	Enterprise Role = "enterprise" // 企业成员
	Secretary  Role = "secretary"  // 学院秘书
	Dean       Role = "dean"       // 学院分管领导
	Legal      Role = "legal"      // 法务
	Assets     Role = "assets"     // 国资
	Finance    Role = "finance"    // 财务
	Discipline Role = "discipline" // 纪检: reads, and reads the journal as evidence
	Publicity  Role = "publicity"  // 宣传
	Referrer   Role = "referrer"   // 政府推荐人
	Screen     Role = "screen"     // 大屏操作员
	Reviewer   Role = "reviewer"   // 评审专家: scores results that were given to them
	Clerk      Role = "clerk"      // 代录员: enters what others sent
	System     Role = "system"     // 系统管理员: accounts and settings
	Security   Role = "security"   // 安全管理员: sign-in, sessions, review of roles
	Audit      Role = "audit"      // 审计管理员: the journal and the permissions
	Unproven   Role = "unproven"   // whoever has signed in and still has to show a second factor
	Console    Role = "console"    // the operator at the command line of the machine itself
)

// Roles lists the roles of the table in a stable order.
func Roles() []Role {
	return []Role{Visitor, Officer, Manager, Professor, Student, Applicant, Enterprise, Secretary, Dean, Legal, Assets, Finance,
		Discipline, Publicity, Referrer, Screen, Reviewer, Clerk, System, Security, Audit, Unproven, Console}
}

// Assignable lists the roles that an account may have, in a stable order.
func Assignable() []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return r == Visitor || r == Unproven || r == Console })
}

// Administrators are the three of whom nobody is two, and of whom none reads
// business data.
func Administrators() []Role { return []Role{System, Security, Audit} }

// Privileged reports whether a role sees the office's data or administers.
func (r Role) Privileged() bool {
	return Principal{Acting: r}.May(SeeOffice) || slices.Contains(Administrators(), r)
}

// Permission is one thing that may be done.
type Permission string

// Permissions.
const (
	SeePublic        Permission = "see.public"
	OpenLink         Permission = "link.open" // what stands behind an address that nobody guesses
	AskContact       Permission = "contact.ask"
	HandleContacts   Permission = "contact.handle"
	AssignContacts   Permission = "contact.assign" // say who handles a case
	SeeOffice        Permission = "see.office"     // every state, every class of field; phones masked
	SeeDocuments     Permission = "see.document"   // files of cases that one may see
	SeeContacts      Permission = "see.contact"    // phones and addresses in full, each time with an entry
	ImportFiles      Permission = "import"
	ListResults      Permission = "result.list"   // from review to the shelf, with 可公开确认
	ReviewResults    Permission = "result.review" // score results at the gate
	OpenNeeds        Permission = "need.open"
	EnterForOthers   Permission = "proxy"     // proxy entry (代录): a need that its owner confirms
	OwnNeeds         Permission = "own.needs" // of one's own enterprise: see, post, take back
	SignUpEnterprise Permission = "signup.ask"
	ReviewSignUps    Permission = "signup.review"
	ExportFiles      Permission = "export"
	GiveFeedback     Permission = "feedback"
	CheckMatches     Permission = "match.check" // under one's own name: no command line
	Classify         Permission = "classify"    // say what theme or discipline something is of, likewise
	OwnAccount       Permission = "account.own"
	OwnFactors       Permission = "second_factor.own"   // second factors of one's own
	ProveFactor      Permission = "second_factor.prove" // show one
	ResetFactors     Permission = "second_factor.reset" // take those of somebody who has lost them
	OwnTokens        Permission = "token.own"           // tokens by which programs act for oneself
	OwnNotices       Permission = "notice.own"          // one's own inbox, and how one is told
	ManageReceivers  Permission = "receiver.manage"     // robots of group chats and webhooks
	SeeAccounts      Permission = "account.see"         // names, roles, states
	ManageAccounts   Permission = "account.manage"
	ConfirmRoles     Permission = "account.confirm" // roles that a system administrator gives, where they see the office's data or administer
	InviteAccounts   Permission = "account.invite"
	JoinAccounts     Permission = "account.join" // say that two accounts are two people, or propose that they become one
	IssueAdminLinks  Permission = "account.link"
	ManageRules      Permission = "rule.manage"     // what the university decides on dated rules and days
	ManageSources    Permission = "source.manage"   // by which identity providers people sign in
	AnswerPeople     Permission = "account.answer"  // take out what is kept of somebody who asks, and close their account
	SeePermissions   Permission = "see.permissions" // this table, with the routes
	SeeJournal       Permission = "see.journal"     // who did what and when, without what the entries hold
)

// Kind is what a permission is about.
type Kind string

// about says of each permission what it is about, in the order in which they
// are shown. A permission that is not here does not exist.
var about = []struct {
	do   Permission
	kind Kind
}{
	{SeePublic, "catalogue"}, {OpenLink, "link"}, {AskContact, "case"}, {HandleContacts, "case"}, {AssignContacts, "case"},
	{SeeOffice, "catalogue"}, {SeeContacts, "contact"}, {SeeDocuments, "document"}, {ImportFiles, "import"}, {ListResults, "result"}, {ReviewResults, "result"}, {OpenNeeds, "need"}, {EnterForOthers, "need"}, {OwnNeeds, "need"}, {SignUpEnterprise, "party"}, {ReviewSignUps, "party"},
	{ExportFiles, "catalogue"}, {GiveFeedback, "match"}, {CheckMatches, "match"}, {Classify, "catalogue"},
	{OwnAccount, "account"}, {OwnFactors, "account"}, {ProveFactor, "account"}, {ResetFactors, "account"}, {OwnTokens, "token"},
	{OwnNotices, "notice"},
	{ManageReceivers, "receiver"},
	{SeeAccounts, "account"}, {ManageAccounts, "account"}, {ConfirmRoles, "account"}, {InviteAccounts, "account"}, {JoinAccounts, "account"}, {IssueAdminLinks, "account"}, {AnswerPeople, "account"},
	{ManageRules, "rule"},
	{ManageSources, "source"},
	{SeePermissions, "permission"}, {SeeJournal, "journal"},
}

// Relation says of which things of its kind a role has a permission.
type Relation string

// Relations.
const (
	Any      Relation = "any"
	Assigned Relation = "assigned" // of those that were given to one
	Own      Relation = "own"      // of one's own
	Held     Relation = "held"     // of the one whose address one holds
)

// grant gives permissions over the things to which somebody has a relation.
type grant struct {
	over Relation
	do   []Permission
}

func over(r Relation, do ...Permission) grant { return grant{r, do} }

var (
	everybody = []grant{over(Any, SeePublic, AskContact, SignUpEnterprise), over(Held, OpenLink)}
	person    = append(slices.Clip(everybody), over(Own, OwnAccount, OwnFactors, ProveFactor, OwnNotices))
	office    = append(slices.Clip(everybody), over(Any, SeeOffice, SeeContacts, SeeDocuments, HandleContacts, AssignContacts, ImportFiles, ListResults, OpenNeeds, EnterForOthers,
		ReviewSignUps, ExportFiles, GiveFeedback))
)

// table is the one place that says which role may do what.
var table = map[Role][]grant{
	Visitor:    everybody,
	Officer:    append(slices.Clip(office), over(Any, CheckMatches, Classify, ManageRules), over(Own, OwnAccount, OwnFactors, ProveFactor, OwnNotices, OwnTokens)),
	Manager:    append(slices.Clip(person), over(Assigned, HandleContacts, SeeDocuments), over(Own, OwnTokens)),
	Professor:  person,
	Student:    person,
	Applicant:  person,
	Enterprise: append(slices.Clip(person), over(Own, OwnNeeds)),
	Secretary:  person,
	Dean:       person,
	Legal:      person,
	Assets:     person,
	Finance:    person,
	Discipline: append(slices.Clip(person), over(Any, SeeOffice, SeeDocuments, SeePermissions, SeeJournal)),
	Publicity:  person,
	Referrer:   person,
	Screen:     person,
	Reviewer:   append(slices.Clip(person), over(Assigned, ReviewResults)),
	Clerk:      append(slices.Clip(person), over(Own, EnterForOthers)),
	System: append(slices.Clip(person),
		over(Any, SeeAccounts, ManageAccounts, InviteAccounts, ManageReceivers),
		over(Own, OwnTokens)),
	Security: append(slices.Clip(person),
		over(Any, SeeAccounts, ConfirmRoles, InviteAccounts, JoinAccounts, SeePermissions, ManageSources, ResetFactors),
		over(Own, OwnTokens)),
	Audit: append(slices.Clip(person),
		over(Any, SeePermissions, SeeJournal),
		over(Own, OwnTokens)),
	Unproven: append(slices.Clip(everybody), over(Own, OwnFactors, ProveFactor)),
	Console: append(slices.Clip(office),
		over(Any, ResetFactors),
		over(Any, SeeAccounts, ManageAccounts, ConfirmRoles, InviteAccounts, JoinAccounts, IssueAdminLinks, AnswerPeople, SeePermissions, SeeJournal),
		over(Any, ManageReceivers, ManageSources),
		over(Own, OwnAccount, OwnFactors, ProveFactor)),
}

// reaches is the table by role and permission.
var reaches = func() map[Role]map[Permission]Relation {
	out := map[Role]map[Permission]Relation{}
	for role, grants := range table {
		out[role] = map[Permission]Relation{}
		for _, g := range grants {
			for _, do := range g.do {
				out[role][do] = g.over
			}
		}
	}
	return out
}()

// Reach is over which things the principal, in the acting role, has a
// permission; "" if over none.
func (p Principal) Reach(do Permission) Relation {
	role := p.Acting
	if role == "" {
		role = Visitor
	}
	return reaches[role][do]
}

// May reports whether the principal, in the acting role, may do it at all. Where
// Reach is not Any, MayWith decides of each thing.
func (p Principal) May(do Permission) bool { return p.Reach(do) != "" }

// MayWith reports whether the principal may do it with a thing to which they
// have these relations.
func (p Principal) MayWith(do Permission, have ...Relation) bool {
	r := p.Reach(do)
	return r == Any || (r != "" && slices.Contains(have, r))
}

// Permissions lists every permission in the order in which they are shown.
func Permissions() []Permission {
	var out []Permission
	for _, a := range about {
		out = append(out, a.do)
	}
	return out
}

// KindOf is what a permission is about, "" if it does not exist.
func KindOf(do Permission) Kind {
	for _, a := range about {
		if a.do == do {
			return a.kind
		}
	}
	return ""
}

// With lists the roles that have a permission, in a stable order.
func With(do Permission) []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return reaches[r][do] == "" })
}

// Granted is one line of the permission table as an auditor reads it: what a role
// may do, with what, over which of them, and the routes that ask for it.
type Granted struct {
	Role   Role
	Do     Permission
	Kind   Kind
	Over   Relation
	Routes []string
}

// Table is the permission table with the routes that are served: every role,
// and every permission that it has.
func Table(routes []Route) []Granted {
	by := map[Permission][]string{}
	for _, rt := range routes {
		by[rt.Do] = append(by[rt.Do], rt.Pattern)
	}
	var out []Granted
	for _, role := range Roles() {
		for _, a := range about {
			if r := reaches[role][a.do]; r != "" {
				out = append(out, Granted{Role: role, Do: a.do, Kind: a.kind, Over: r, Routes: by[a.do]})
			}
		}
	}
	return out
}

// Route is an address that is served, "GET /results/{code}", and the permission
// that it takes.
type Route struct {
	Pattern string
	Do      Permission
}

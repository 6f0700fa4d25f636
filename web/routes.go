package web

import (
	"net/http"

	"datai/account"
)

// route is one line of the table of pages: what is asked for, the permission
// that it takes, and the handler. A handler is reached only by who has the
// permission; what else it depends on (whose thing it is, in which state) the
// service decides. A page for everybody takes account.SeePublic, one behind an
// address that nobody guesses account.OpenLink, one for whoever is signed in
// account.OwnAccount.
type route struct {
	pattern string
	do      account.Permission
	h       handler
}

// table is every page; nothing else is served but files and the programming
// interface.
func (p *Pages) table() []route {
	return []route{
		{"GET /{$}", account.SeePublic, p.home},
		{"GET /ask", account.SeePublic, p.ask},
		{"GET /robots.txt", account.SeePublic, p.robots},
		{"GET /sitemap.xml", account.SeePublic, p.sitemap},
		{"GET /sitemap/{part}", account.SeePublic, p.sitemapPart},
		{"GET /results.csv", account.SeePublic, p.resultsFile},
		{"GET /needs.csv", account.SeePublic, p.needsFile},
		{"GET /parties.csv", account.SeePublic, p.partiesFile},
		{"GET /people.csv", account.SeePublic, p.peopleFile},
		{"GET /results/{code}/edit", account.ListResults, p.editResultForm},
		{"POST /results/{code}/edit", account.ListResults, p.editResult},
		{"GET /needs/paste", account.EnterForOthers, p.pasteForm},
		{"POST /needs/paste", account.EnterForOthers, p.paste},
		{"POST /needs/{code}/ask-owner", account.EnterForOthers, p.askOwner},
		{"POST /needs/{code}/owner-called", account.EnterForOthers, p.ownerCalled},
		{"GET /enterprises/sign-up", account.SignUpEnterprise, p.signUpForm},
		{"POST /enterprises/sign-up", account.SignUpEnterprise, p.signUp},
		{"GET /enterprises/sign-up/done", account.SignUpEnterprise, p.signedUp},
		{"GET /enterprises/sign-ups", account.ReviewSignUps, p.signUps},
		{"POST /enterprises/sign-ups/{id}/contact", account.SeeContacts, p.callSignUp},
		{"POST /enterprises/sign-ups/{id}/accept", account.ReviewSignUps, p.acceptSignUp},
		{"POST /enterprises/sign-ups/{id}/refuse", account.ReviewSignUps, p.refuseSignUp},
		{"GET /me/needs", account.OwnNeeds, p.ownNeeds},
		{"GET /me/needs/new", account.OwnNeeds, p.postNeedForm},
		{"POST /me/needs", account.OwnNeeds, p.postNeed},
		{"POST /me/needs/{code}/withdraw", account.OwnNeeds, p.takeBackNeed},
		{"GET /c/{secret}", account.OpenLink, p.confirmForm},
		{"POST /c/{secret}", account.OpenLink, p.confirm},
		{"GET /c/done", account.OpenLink, p.confirmDone},
		{"GET /c/refused", account.OpenLink, p.confirmRefused},
		{"GET /needs/{code}/edit", account.OpenNeeds, p.editNeedForm},
		{"POST /needs/{code}/edit", account.OpenNeeds, p.editNeed},
		{"GET /s/{code}", account.SeePublic, p.short},
		{"GET /results/brochure", account.SeePublic, p.resultBrochure},
		{"POST /results/brochure", account.SeeOffice, p.tickedResults},
		{"GET /needs/brochure", account.SeePublic, p.needBrochure},
		{"POST /needs/brochure", account.SeeOffice, p.tickedNeeds},
		{"GET /results", account.SeePublic, p.results},
		{"GET /results/{code}", account.SeePublic, p.result},
		{"POST /results/{code}/contact", account.SeeContacts, p.resultContact},
		{"POST /results/{code}/classify", account.Classify, p.classifyResult},
		{"POST /needs/{code}/classify", account.Classify, p.classifyNeed},
		{"POST /results/classify", account.Classify, p.adoptResults},
		{"POST /needs/classify", account.Classify, p.adoptNeeds},
		{"POST /results/publish", account.ListResults, p.publishResults},
		{"POST /results/withdraw", account.ListResults, p.withdrawResults},
		{"GET /results/{code}/connect", account.AskContact, p.connectForm},
		{"POST /results/{code}/connect", account.AskContact, p.connect},
		{"GET /contact/{secret}", account.OpenLink, p.ownCase},
		{"POST /contact/{secret}", account.OpenLink, p.withdrawCase},
		{"GET /contacts", account.HandleContacts, p.cases},
		{"GET /contacts.csv", account.HandleContacts, p.casesFile},
		{"GET /contacts/{code}", account.HandleContacts, p.officeCase},
		{"POST /contacts/{code}", account.HandleContacts, p.discloseCase},
		{"POST /contacts/{code}/assign", account.AssignContacts, p.assignCase},
		{"POST /contacts/{code}/move", account.HandleContacts, p.moveCase},
		{"GET /needs", account.SeePublic, p.needs},
		{"GET /needs/{code}", account.SeePublic, p.need},
		{"POST /needs/{code}/feedback", account.GiveFeedback, p.feedback},
		{"POST /needs/{code}/terms", account.GiveFeedback, p.term},
		{"POST /needs/{code}/contact", account.SeeContacts, p.needContact},
		{"POST /needs/{code}/check", account.CheckMatches, p.check},
		{"GET /needs/{code}/compare", account.SeeOffice, p.compare},
		{"GET /needs/{code}/text", account.SeeOffice, p.shareText},
		{"GET /needs/{code}/print", account.SeeOffice, p.needPrint},
		{"GET /batch", account.ExportFiles, p.reportForm},
		{"POST /batch", account.ExportFiles, p.startReport},
		{"GET /batch/{id}", account.ExportFiles, p.report},
		{"GET /batch/{id}/xlsx", account.ExportFiles, p.reportFile},
		{"GET /batch/{id}/print", account.ExportFiles, p.reportPrint},
		{"POST /batch/{id}/cancel", account.ExportFiles, p.cancelReport},
		{"GET /tasks", account.GiveFeedback, p.tasks},
		{"POST /tasks/{id}", account.GiveFeedback, p.finishTask},
		{"POST /needs/publish", account.OpenNeeds, p.publishNeeds},
		{"POST /needs/withdraw", account.OpenNeeds, p.withdrawNeeds},
		{"GET /expiring", account.ListResults, p.expiring},
		{"POST /results/renew", account.ListResults, p.renewResults},
		{"POST /needs/renew", account.OpenNeeds, p.renewNeeds},
		{"GET /parties", account.SeePublic, p.parties},
		{"GET /parties/{code}", account.SeePublic, p.party},
		{"POST /parties/{code}/contact", account.SeeContacts, p.partyContact},
		{"GET /parties/{code}/needs", account.ReviewSignUps, p.unlinkedNeeds},
		{"POST /parties/{code}/needs", account.ReviewSignUps, p.linkNeeds},
		{"GET /people", account.SeePublic, p.people},
		{"GET /people/{code}", account.SeePublic, p.person},
		{"POST /people/{code}/results", account.ListResults, p.attribute},
		{"GET /import", account.ImportFiles, p.importForm},
		{"POST /import", account.ImportFiles, p.upload},
		{"GET /import/{id}", account.ImportFiles, p.batch},
		{"POST /import/{id}/apply", account.ImportFiles, p.apply},
		{"POST /import/{id}/recheck", account.ImportFiles, p.recheck},
		{"POST /import/{id}/edited", account.ImportFiles, p.prefer},
		{"POST /import/{id}/cancel", account.ImportFiles, p.cancel},
		{"GET /import/{id}/refused", account.ImportFiles, p.refused},
		{"GET /import/{id}/columns", account.ImportFiles, p.columns},
		{"POST /import/{id}/columns", account.ImportFiles, p.remap},
		{"GET /import/{id}/alike", account.ImportFiles, p.alike},
		{"POST /import/{id}/alike", account.ImportFiles, p.decide},
		{"GET /import/mappings", account.ImportFiles, p.mappings},
		{"POST /import/mappings", account.ImportFiles, p.editMapping},
		{"GET /drops/{id}", account.ImportFiles, p.drop},
		{"POST /drops/{id}/apply", account.ImportFiles, p.applyDrop},
		{"POST /drops/{id}/cancel", account.ImportFiles, p.cancelDrop},
		{"GET /sign-in", account.SeePublic, p.signIn},
		{"POST /sign-in", account.SeePublic, p.signInByPassword},
		{"GET /sign-in/code", account.SeePublic, p.codeForm},
		{"POST /sign-in/code", account.SeePublic, p.sendCode},
		{"POST /sign-in/code/enter", account.SeePublic, p.enterByCode},
		{"GET /sign-in/factor", account.ProveFactor, p.factor},
		{"POST /sign-in/factor", account.ProveFactor, p.proveFactor},
		{"GET /sign-in/forgot", account.SeePublic, p.forgotForm},
		{"POST /sign-in/forgot", account.SeePublic, p.forgot},
		{"GET /sign-in/with/{source}", account.SeePublic, p.setOut},
		{"GET /sign-in/with/{source}/return", account.SeePublic, p.comeBack},
		{"POST /sign-in/with/{source}/return", account.SeePublic, p.endOutside},
		{"POST /sign-in/passkey/ask", account.SeePublic, p.askToEnter},
		{"POST /sign-in/passkey", account.SeePublic, p.enterByPasskey},
		{"GET /sign-in-sources", account.ManageSources, p.signInSources},
		{"POST /sign-in-sources", account.ManageSources, p.saveSource},
		{"GET /sign-in-sources/new", account.ManageSources, p.newSource},
		{"GET /sign-in-sources/{source}", account.ManageSources, p.source},
		{"POST /sign-in-sources/{source}", account.ManageSources, p.saveSource},
		{"GET /sign-in-sources/{source}/try", account.ManageSources, p.trySource},
		{"POST /sign-in-sources/{source}/leavers", account.ManageSources, p.letLeave},
		{"POST /second-factor", account.ManageSources, p.setFactorRule},
		{"GET /enter/{token}", account.OpenLink, p.enterForm},
		{"POST /enter/{token}", account.OpenLink, p.enter},
		{"POST /sign-out", account.SeePublic, p.signOut},
		{"GET /me", account.OwnAccount, p.me},
		{"GET /me/security", account.OwnAccount, p.security},
		{"POST /me/security", account.OwnAccount, p.setPassword},
		{"GET /me/addresses", account.OwnAccount, p.addresses},
		{"POST /me/addresses", account.OwnAccount, p.askAddress},
		{"POST /me/addresses/confirm", account.OwnAccount, p.addAddress},
		{"POST /me/addresses/{id}/remove", account.OwnAccount, p.removeAddress},
		{"GET /me/sessions", account.OwnAccount, p.signIns},
		{"POST /me/sessions/others", account.OwnAccount, p.endOtherSignIns},
		{"POST /me/sessions/{id}/end", account.OwnAccount, p.endSignIn},
		{"POST /me/role", account.OwnAccount, p.role},
		{"GET /me/passkeys", account.OwnFactors, p.ownPasskeys},
		{"POST /me/passkeys/ask", account.OwnFactors, p.askToAddPasskey},
		{"POST /me/passkeys", account.OwnFactors, p.addPasskey},
		{"POST /me/passkeys/{id}/remove", account.OwnAccount, p.removePasskey},
		{"GET /me/authenticator", account.OwnFactors, p.authenticator},
		{"POST /me/authenticator/begin", account.OwnFactors, p.beginAuthenticator},
		{"POST /me/authenticator", account.OwnFactors, p.confirmAuthenticator},
		{"POST /me/authenticator/remove", account.OwnAccount, p.removeAuthenticator},
		{"POST /me/recovery-codes", account.OwnAccount, p.renewCodes},
		{"GET /me/data", account.OwnAccount, p.ownData},
		{"POST /me/data", account.OwnAccount, p.takeOwnData},
		{"GET /me/close", account.OwnAccount, p.closeForm},
		{"POST /me/close", account.OwnAccount, p.closeOwn},
		{"GET /account-closed", account.SeePublic, p.accountClosed},
		{"GET /me/tokens", account.OwnTokens, p.tokens},
		{"POST /me/tokens", account.OwnTokens, p.addToken},
		{"POST /me/tokens/{id}/revoke", account.OwnTokens, p.revokeToken},
		{"GET /inbox", account.OwnNotices, p.inbox},
		{"POST /inbox/read", account.OwnNotices, p.readNotices},
		{"POST /inbox/{id}", account.OwnNotices, p.openNotice},
		{"GET /me/notices", account.OwnNotices, p.noticeSetting},
		{"POST /me/notices", account.OwnNotices, p.setNotices},
		{"GET /receivers", account.ManageReceivers, p.receivers},
		{"POST /receivers", account.ManageReceivers, p.addReceiver},
		{"POST /receivers/{id}", account.ManageReceivers, p.changeReceiver},
		{"GET /rules", account.SeePublic, p.rules},
		{"GET /rules/calendar", account.ManageRules, p.changeDays},
		{"POST /rules/calendar", account.ManageRules, p.decideDays},
		{"GET /rules/{key}", account.ManageRules, p.changeRule},
		{"POST /rules/{key}", account.ManageRules, p.decideRule},
		{"GET /processes", account.SeePublic, p.processes},
		{"GET /processes/{kind}", account.SeePublic, p.process},
		{"GET /processes/{kind}/change", account.ManageRules, p.changeProcess},
		{"POST /processes/{kind}/change", account.ManageRules, p.decideProcess},
		{"GET /language/{lang}", account.SeePublic, p.language},
		{"GET /accounts", account.SeeAccounts, p.accounts},
		{"GET /accounts.csv", account.SeeAccounts, p.accountsFile},
		{"POST /accounts", account.ManageAccounts, p.addAccount},
		{"GET /accounts/import", account.ManageAccounts, p.rosterForm},
		{"POST /accounts/import", account.ManageAccounts, p.takeRoster},
		{"GET /accounts/{id}", account.SeeAccounts, p.oneAccount},
		{"POST /accounts/{id}/roles", account.ManageAccounts, p.accountRoles},
		{"POST /accounts/{id}/second-factor", account.ResetFactors, p.resetFactors},
		{"POST /accounts/{id}/confirm", account.ConfirmRoles, p.confirmRoles},
		{"POST /accounts/{id}/invite", account.InviteAccounts, p.inviteAccount},
		{"POST /accounts/{id}/state", account.ManageAccounts, p.accountState},
		{"GET /journal", account.SeeJournal, p.journal},
		{"GET /journal.csv", account.SeeJournal, p.journalFile},
		{"GET /journal/checkpoint", account.SeePublic, p.checkpoint},
		{"GET /journal/checkpoint.txt", account.SeePublic, p.checkpointText},
		{"POST /contacts/{code}/pack", account.ExportFiles, p.pack("contact")},
		{"POST /needs/{code}/pack", account.ExportFiles, p.pack("need")},
		{"POST /results/{code}/pack", account.ExportFiles, p.pack("result")},
		{"GET /permissions", account.SeePermissions, p.permissions},
		{"GET /permissions.csv", account.SeePermissions, p.permissionsCSV},
		{"GET /permissions.xlsx", account.SeePermissions, p.permissionsXLSX},
		{"GET /api", account.SeePublic, p.developers},
		{"/", account.SeePublic, p.nowhere},
	}
}

func (p *Pages) routes() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range p.table() {
		mux.Handle(rt.pattern, p.page(rt))
	}
	return mux
}

// fileRoute serves the files of the pages: styles, scripts, pictures.
const fileRoute = "GET /assets/{name}"

// Routes lists everything that is served with the permission that it takes:
// pages in the order of their table, files, and the operations of the
// programming interface.
func (p *Pages) Routes() []account.Route {
	var out []account.Route
	for _, rt := range p.table() {
		out = append(out, account.Route{Pattern: rt.pattern, Do: rt.do})
	}
	out = append(out, account.Route{Pattern: fileRoute, Do: account.SeePublic})
	out = append(out, p.Beside...)
	return append(out, p.api.Routes()...)
}

package web

import (
	"context"
	"net/http"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/listing"
	"techmarket/internal/people/quota"
)

// Cost is what a request uses up, and whether an account may make it before its mail address is confirmed: until then it does
// nothing that costs a stranger anything (docs/rules/security.md §3).
type Cost struct {
	uses   []quota.Name
	free   string // why it uses nothing up
	before bool   // also before the mail address is confirmed
}

func uses(names ...quota.Name) Cost { return Cost{uses: names} }

func free(why string) Cost { return Cost{free: why} }

func (c Cost) unconfirmed() Cost {
	c.before = true
	return c
}

const (
	own      = "changes or ends only what is the caller's own"
	attempts = "failed attempts have limits of their own, and so has the number of sessions (people/identity)"
	mails    = "mails of confirmation are counted where they are made (people/identity)"
	scans    = "marks who came to an event that the caller's unit holds; a code of somebody else marks nobody"
	answers  = "answers once what somebody asked"
)

// Costs are the verdicts over all actions that a new account may take; a test fails on a route that is not here. What only desks and
// officers may do is not counted: they are named one by one, and their uploads are bounded by the same table.
func Costs(kinds ...listing.Descriptor) map[string]Cost {
	costs := costs()
	for _, kind := range kinds {
		for route, cost := range costsOfAKind() {
			costs[strings.Replace(route, ":list", kind.Path, 1)] = cost
		}
	}
	return costs
}

// costsOfAKind are those of the pages and operations that each kind of listing has; :list stands for its path.
func costsOfAKind() map[string]Cost {
	return map[string]Cost{
		"POST /:list":                    uses(quota.Draft).unconfirmed(),
		"POST /desk/:list/:id/edit":      uses(quota.Save).unconfirmed(),
		"POST /desk/:list/:id/do":        uses(quota.Submit),
		"POST /:list/:id/contact":        uses(quota.Reveal),
		"POST /:list/:id/matches/:other": uses(quota.Save),
		"POST /:list/:id/matches/alerts": uses(quota.Save),
		"POST /api/v1/:list":             uses(quota.Draft).unconfirmed(),
		"PUT /api/v1/:list/:id":          uses(quota.Save).unconfirmed(),
		"POST /api/v1/:list/:id/events":  uses(quota.Submit),
		"POST /api/v1/:list/:id/contact": uses(quota.Reveal),
		"POST /:list/read":               uses(quota.Work).unconfirmed(),
		"POST /desk/:list/:id/delete":    free(own).unconfirmed(),
	}
}

func costs() map[string]Cost {
	return map[string]Cost{
		"POST /signup":                 uses(quota.SignUp).unconfirmed(),
		"POST /api/v1/sign-up":         uses(quota.SignUp).unconfirmed(),
		"POST /invitations/:token":     uses(quota.SignUp).unconfirmed(),
		"POST /signin/forgot":          uses(quota.Reset).unconfirmed(),
		"POST /confirm/:token":         free(own).unconfirmed(),
		"POST /signin":                 free(attempts).unconfirmed(),
		"POST /signin/code":            free(attempts).unconfirmed(),
		"POST /signin/reset/:token":    free(own).unconfirmed(),
		"POST /signout":                free(own).unconfirmed(),
		"POST /feeds/:token/end":       free(own).unconfirmed(),
		"POST /messages/read":          free(own).unconfirmed(),
		"POST /account/confirm":        free(mails).unconfirmed(),
		"POST /api/v1/me/confirmation": free(mails).unconfirmed(),

		"POST /account":                        uses(quota.Save).unconfirmed(),
		"POST /account/switch":                 free(own).unconfirmed(),
		"POST /account/password":               free(attempts).unconfirmed(),
		"POST /account/signout-everywhere":     free(own).unconfirmed(),
		"POST " + TwoFactorPath:                free(own).unconfirmed(),
		"POST " + TwoFactorPath + "/off":       free(attempts).unconfirmed(),
		"POST /account/organisation":           uses(quota.Save).unconfirmed(),
		"POST /account/organisation/resubmit":  uses(quota.Submit),
		"POST /account/members/invite":         uses(quota.Invite),
		"POST /account/members/:id":            uses(quota.Save),
		"POST /account/members/:id/end":        free(own),
		"POST /account/members/:id/two-factor": uses(quota.Save),
		"POST /account/invitations/:id/revoke": free(own),
		"POST /account/tokens":                 uses(quota.Token),
		"POST /account/tokens/:id/revoke":      free(own).unconfirmed(),
		"POST /account/broker":                 uses(quota.Save),

		"POST /api/v1/invitations/accept":                          free(answers),
		"POST /api/v1/tokens":                                      uses(quota.Token),
		"DELETE /api/v1/tokens/:id":                                free(own).unconfirmed(),
		"DELETE /api/v1/memberships/:id":                           free(own),
		"PUT /api/v1/memberships/:id/roles":                        uses(quota.Save),
		"POST /api/v1/messages/:id/read":                           free(own).unconfirmed(),
		"PATCH /api/v1/organisations/:id":                          uses(quota.Save).unconfirmed(),
		"POST /api/v1/organisations/:id/events":                    uses(quota.Submit),
		"POST /api/v1/organisations/:id/invitations":               uses(quota.Invite),
		"DELETE /api/v1/organisations/:id/invitations/:invitation": free(own),
		"PUT /api/v1/brokers/me":                                   uses(quota.Save),

		"POST /registers/:kind":                    uses(quota.Draft).unconfirmed(),
		"POST /desk/registers/:id/edit":            uses(quota.Save).unconfirmed(),
		"POST /desk/registers/:id/do":              uses(quota.Submit),
		"POST /api/v1/register-entries":            uses(quota.Draft).unconfirmed(),
		"POST /api/v1/register-entries/:id/events": uses(quota.Submit),
		"POST /desk/confirm":                       uses(quota.Save),
		"POST /diagnoses/:id":                      uses(quota.Save),
		"POST /demands/gate":                       uses(quota.Work),
		"POST /favourites/:id":                     free("bounded by watch.MostFavourites").unconfirmed(),
		"PUT /api/v1/favourites/:id":               free("bounded by watch.MostFavourites").unconfirmed(),
		"DELETE /api/v1/favourites/:id":            free(own).unconfirmed(),
		"POST /searches":                           uses(quota.Watch),
		"POST /searches/:id":                       uses(quota.Save),
		"POST /imports":                            uses(quota.Import),
		"POST /imports/:id/confirm":                uses(quota.Import),
		"POST /api/v1/imports":                     uses(quota.Import),
		"POST /api/v1/imports/:id/confirm":         uses(quota.Import),
		"POST /api/v1/files":                       uses(quota.Save),
		"POST /api/v1/recognition/assess":          free("works on what is sent and keeps nothing"),

		"POST /unsent/drop": free(own).unconfirmed(),

		"POST /deals":                                           uses(quota.Contact),
		"POST /deals/:id/accept":                                free(answers),
		"POST /deals/:id/decline":                               free(answers),
		"POST /deals/:id/withdraw":                              free(answers),
		"POST /deals/:id/end":                                   free(answers),
		"POST /deals/:id/accept-terms":                          free(answers),
		"POST /deals/:id/messages":                              uses(quota.Message),
		"POST /deals/:id/terms":                                 uses(quota.Save),
		"POST /deals/:id/contract":                              uses(quota.Draft),
		"POST /mandates":                                        uses(quota.Contact),
		"POST /mandates/:id/give":                               free(answers),
		"POST /mandates/:id/refuse":                             free(answers),
		"POST /mandates/:id/end":                                free(answers),
		"POST /rooms":                                           uses(quota.Draft),
		"POST /rooms/:id/papers":                                uses(quota.Save),
		"POST /rooms/:id/remove":                                free(own),
		"POST /rooms/:id/ask":                                   uses(quota.Contact),
		"POST /rooms/:id/offer":                                 uses(quota.Contact),
		"POST /rooms/:id/do":                                    uses(quota.Submit),
		"POST /api/v1/rooms":                                    uses(quota.Draft),
		"POST /api/v1/rooms/:id/papers":                         uses(quota.Save),
		"DELETE /api/v1/rooms/:id/papers/:paper":                free(own),
		"POST /api/v1/rooms/:id/requests":                       uses(quota.Contact),
		"POST /api/v1/rooms/:id/offers":                         uses(quota.Contact),
		"POST /api/v1/rooms/:id/seats/:seat/events":             uses(quota.Submit),
		"POST /finance-requests":                                uses(quota.Contact),
		"POST /finance-requests/:id/do":                         uses(quota.Submit),
		"POST /api/v1/finance-requests":                         uses(quota.Contact),
		"POST /api/v1/finance-requests/:id/events":              uses(quota.Submit),
		"POST /events":                                          uses(quota.Draft),
		"POST /events/:id/edit":                                 uses(quota.Save),
		"POST /events/:id/do":                                   uses(quota.Submit),
		"POST /events/:id/signup":                               uses(quota.Contact),
		"POST /events/:id/signups/:signup/do":                   free(answers),
		"POST /events/:id/wishes":                               uses(quota.Contact),
		"POST /events/:id/wishes/move":                          free(answers),
		"POST /events/:id/wishes/:wish/do":                      free(answers),
		"POST /events/:id/wishes/:wish/result":                  free(own),
		"POST /events/:id/tasks/:task/do":                       free(own),
		"POST /events/:id/tasks/:task/interest":                 uses(quota.Contact),
		"POST /events/:id/checkins":                             free(scans),
		"POST /events/:id/walkins":                              uses(quota.Save),
		"POST /api/v1/events":                                   uses(quota.Draft),
		"PUT /api/v1/events/:id":                                uses(quota.Save),
		"POST /api/v1/events/:id/events":                        uses(quota.Submit),
		"POST /api/v1/events/:id/signups":                       uses(quota.Contact),
		"PUT /api/v1/events/:id/signups/own":                    free(own),
		"POST /api/v1/events/:id/signups/:signup/events":        free(answers),
		"POST /api/v1/events/:id/wishes":                        uses(quota.Contact),
		"POST /api/v1/events/:id/wishes/:wish/events":           free(answers),
		"PUT /api/v1/events/:id/wishes/:wish/result":            free(own),
		"POST /api/v1/events/:id/tasks/:task/events":            free(own),
		"POST /api/v1/events/:id/tasks/:task/interest":          uses(quota.Contact),
		"POST /api/v1/events/:id/checkins":                      free(scans),
		"POST /api/v1/events/:id/walkins":                       uses(quota.Save),
		"POST /vouchers":                                        uses(quota.Contact),
		"POST /vouchers/:id/do":                                 uses(quota.Submit),
		"POST /api/v1/vouchers":                                 uses(quota.Contact),
		"POST /api/v1/vouchers/:id/events":                      uses(quota.Submit),
		"POST /trials":                                          uses(quota.Contact),
		"POST /trials/:id/terms":                                uses(quota.Save),
		"POST /trials/:id/do":                                   uses(quota.Submit),
		"POST /api/v1/trials":                                   uses(quota.Contact),
		"POST /api/v1/trials/:id/events":                        uses(quota.Submit),
		"POST /distributions":                                   uses(quota.Draft),
		"POST /distributions/:id":                               uses(quota.Save),
		"POST /distributions/:id/do":                            uses(quota.Submit),
		"POST /api/v1/distributions":                            uses(quota.Draft),
		"PUT /api/v1/distributions/:id":                         uses(quota.Save),
		"POST /api/v1/distributions/:id/events":                 uses(quota.Submit),
		"POST /grants":                                          uses(quota.Draft),
		"POST /grants/:id":                                      uses(quota.Save),
		"POST /grants/:id/do":                                   uses(quota.Submit),
		"POST /api/v1/grants":                                   uses(quota.Draft),
		"PUT /api/v1/grants/:id":                                uses(quota.Save),
		"POST /api/v1/grants/:id/events":                        uses(quota.Submit),
		"POST /notices":                                         uses(quota.Draft),
		"POST /notices/:id/answer":                              free(answers),
		"POST /notices/:id/do":                                  uses(quota.Submit),
		"POST /notices/:id/object":                              uses(quota.Question),
		"POST /challenges":                                      uses(quota.Draft),
		"POST /challenges/:id":                                  uses(quota.Save),
		"POST /challenges/:id/do":                               uses(quota.Submit),
		"POST /challenges/:id/question":                         uses(quota.Question),
		"POST /challenges/:id/answer":                           free(answers),
		"POST /challenges/:id/apply":                            uses(quota.Submit),
		"POST /challenges/:id/take-back":                        free(own),
		"POST /challenges/:id/applications/:application/score":  uses(quota.Save),
		"POST /api/v1/challenges":                               uses(quota.Draft),
		"PUT /api/v1/challenges/:id":                            uses(quota.Save),
		"POST /api/v1/challenges/:id/events":                    uses(quota.Submit),
		"POST /api/v1/challenges/:id/questions":                 uses(quota.Question),
		"POST /api/v1/challenges/:id/questions/:question/reply": free(answers),
		"POST /api/v1/challenges/:id/applications":              uses(quota.Submit),
		"DELETE /api/v1/challenges/:id/own-application":         free(own),
		"POST /api/v1/challenges/:id/sheets":                    uses(quota.Save),
		"POST /sales":                                           uses(quota.Draft),
		"POST /sales/:id/do":                                    uses(quota.Submit),
		"POST /sales/:id/intent":                                uses(quota.Contact),
		"POST /api/v1/sales":                                    uses(quota.Draft),
		"POST /api/v1/sales/:id/events":                         uses(quota.Submit),
		"POST /api/v1/sales/:id/intents":                        uses(quota.Contact),
		"POST /api/v1/sales/:id/bids":                           free("only admitted bidders, who paid a deposit; refused bids are evidence"),
		"POST /sales/:id/bid":                                   free("only admitted bidders, who paid a deposit; refused bids are evidence"),
		"POST /api/v1/deals":                                    uses(quota.Contact),
		"POST /api/v1/deals/:id/accept":                         free(answers),
		"POST /api/v1/deals/:id/decline":                        free(answers),
		"POST /api/v1/deals/:id/withdraw":                       free(answers),
		"POST /api/v1/deals/:id/end":                            free(answers),
		"POST /api/v1/deals/:id/messages":                       uses(quota.Message),
		"POST /api/v1/deals/:id/terms":                          uses(quota.Save),
		"POST /api/v1/deals/:id/terms/:number/accept":           free(answers),
		"POST /api/v1/deals/:id/contract":                       uses(quota.Draft),

		"POST /contracts":                             uses(quota.Draft),
		"POST /contracts/paper":                       uses(quota.Draft),
		"POST /contracts/:id/paper":                   uses(quota.Save),
		"POST /contracts/:id/:section":                uses(quota.Save),
		"POST /contracts/:id/submit":                  uses(quota.Submit),
		"POST /contracts/:id/discard":                 free(own),
		"POST /contracts/:id/files":                   uses(quota.Save),
		"POST /contracts/:id/files/:file/remove":      free(own),
		"POST /filings/:id/do":                        uses(quota.Submit),
		"POST /registrations/:number/do":              uses(quota.Submit),
		"POST /registrations/:number/payments":        uses(quota.Submit),
		"POST /api/v1/contracts":                      uses(quota.Draft),
		"DELETE /api/v1/contracts/:id":                free(own),
		"POST /api/v1/contracts/:id/files":            uses(quota.Save),
		"DELETE /api/v1/contracts/:id/files/:file":    free(own),
		"PUT /api/v1/contracts/:id/sections/:section": uses(quota.Save),
		"POST /api/v1/contracts/:id/submit":           uses(quota.Submit),
		"POST /api/v1/filings/:id/events":             uses(quota.Submit),
		"POST /api/v1/registrations/:number/events":   uses(quota.Submit),

		"POST /annual":                           uses(quota.Draft),
		"POST /annual/:id":                       uses(quota.Save),
		"POST /annual/:id/freeze":                uses(quota.Submit),
		"POST /annual/:id/correct":               uses(quota.Draft),
		"POST /api/v1/annual-reports":            uses(quota.Draft),
		"PUT /api/v1/annual-reports/:id":         uses(quota.Save),
		"POST /api/v1/annual-reports/:id/events": uses(quota.Submit),

		"POST /policies/:id/questions":    uses(quota.Question),
		"POST /policies/questions/:id/do": uses(quota.Question),
	}
}

// Verdict tells what the table says of a route, for the test of the table.
func (c Cost) Verdict() (uses []quota.Name, free string, before bool) {
	return c.uses, c.free, c.before
}

// Quotas counts what requests use up; people/quota fulfils it.
type Quotas interface {
	Whole(ctx context.Context, run func(ctx context.Context) (commit bool, err error)) error
	Left(ctx context.Context, who quota.Subject, uses ...quota.Use) error
	Spend(ctx context.Context, who quota.Subject, uses ...quota.Use) error
}

const unconfirmed = "email_unconfirmed"

// ConfirmPath is the page of an account whose mail address is not confirmed.
const ConfirmPath = "/account/confirm"

// confirmed refuses what an account may not do before its mail address is confirmed.
func (s *Server) confirmed(who actor.Actor, r Route) error {
	if !who.Unconfirmed || r.Method == http.MethodGet || s.costs[r.Method+" "+r.Path].before {
		return nil
	}
	return errUnconfirmed("这一步")
}

func errUnconfirmed(what fault.Sentence) error {
	return fault.Newf(fault.Forbidden, unconfirmed, "%s要先确认邮箱：请打开我们发到您邮箱的确认信，点开里面的链接；没有收到的，"+
		"可以在“账号与单位”的“确认邮箱”里重发。确认之前可以写草稿。", what)
}

// Charge is what one request uses up; nil: nothing.
type Charge struct {
	quotas Quotas
	who    quota.Subject
	uses   []quota.Use
}

// Charge tells what the request uses up, the bytes of its files among it. Fault: forbidden "email_unconfirmed" for files of an
// account whose mail address is not confirmed; as Form.
func (c *Ctx) Charge() (*Charge, error) {
	r := c.echo.Request()
	if c.server.cfg.Quotas == nil || r.Method == http.MethodGet {
		return nil, nil
	}
	who := c.Actor()
	out := &Charge{quotas: c.server.cfg.Quotas, who: quota.Subject{Account: who.AccountID, Organisation: who.OrgID,
		Confirmed: who.OrgState == actor.Confirmed, Address: c.RemoteAddr()}}
	for _, name := range c.server.costs[r.Method+" "+c.echo.Path()].uses {
		out.uses = append(out.uses, quota.Use{Name: name, N: 1})
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		form, err := c.Form()
		if err != nil {
			return nil, err
		}
		var size int64
		for _, files := range form.Files {
			for _, f := range files {
				size += f.Size
			}
		}
		if size > 0 && who.Unconfirmed {
			return nil, errUnconfirmed("上传文件")
		}
		if size > 0 {
			out.uses = append(out.uses, quota.Use{Name: quota.Upload, N: size})
		}
	}
	if len(out.uses) == 0 {
		return nil, nil
	}
	return out, nil
}

// around runs the effect of a request, refused at once where nothing is left, and counts it in the same transaction, which ctx
// carries. Fault: too many "quota_…".
func (g *Charge) around(ctx context.Context, effect func() (done bool, err error)) (bool, error) {
	if g == nil {
		return effect()
	}
	if err := g.quotas.Left(ctx, g.who, g.uses...); err != nil {
		return false, err
	}
	done, err := effect()
	if err == nil && done {
		err = g.quotas.Spend(ctx, g.who, g.uses...)
	}
	return done && err == nil, err
}

// Answer is an answer that waits for the end of its transaction.
type Answer struct {
	*Held
	send func() error
	drop func()
}

// Send gives the answer to the caller; Drop forgets it, so that another can be given. Both may be called of an answer that never was.
func (a *Answer) Send() error {
	if a.send == nil {
		return nil
	}
	return a.send()
}

// Drop forgets the answer.
func (a *Answer) Drop() {
	if a.drop != nil {
		a.drop()
	}
	*a = Answer{}
}

// Carry runs a handler inside the transaction of ctx, counts what it uses up and holds its answer back. done: it was carried out, and
// the transaction is to be kept.
func (c *Ctx) Carry(ctx context.Context, g *Charge, answer *Answer, handle func(ctx context.Context) error) (done bool, err error) {
	return g.around(ctx, func() (bool, error) {
		var err error
		c.ctx = ctx
		answer.Held, answer.send, answer.drop, err = c.Hold(func() error { return handle(ctx) })
		c.ctx = nil
		return answer.Held.Status < 400, err
	})
}

// Counted carries a request that has no key out; where it uses something up, in one transaction with what is counted.
func (c *Ctx) Counted(g *Charge, handle func(ctx context.Context) error) error {
	if g == nil {
		return handle(c.Context())
	}
	var answer Answer
	err := g.quotas.Whole(c.Context(), func(ctx context.Context) (bool, error) { return c.Carry(ctx, g, &answer, handle) })
	if err != nil {
		answer.Drop()
		return err
	}
	return answer.Send()
}

package publish

import (
	"fmt"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/publish/policy"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func questionsTitle(a actor.Actor) string {
	if a.Officer() {
		return "政策问答台"
	}
	return "我的政策问题"
}

func stateTag(q policy.Question, c *web.Ctx) view.Tag {
	switch q.State {
	case policy.Asked:
		if fact.DayOf(c.Now()) > fact.DayOf(q.DueOn) {
			return view.Tag{Label: "已过答复期限", Tone: view.Bad}
		}
		return view.Tag{Label: "等待答复", Tone: view.Warn}
	case policy.Answered:
		return view.Tag{Label: "已答复", Tone: view.OK}
	case policy.Closed:
		return view.Tag{Label: "已评价", Tone: view.OK}
	default:
		return view.Tag{Label: "已撤回"}
	}
}

// askBlock is the form of a question beside a policy.
func askBlock(c *web.Ctx, id int64, form *web.Form, ferr error) ui.Block {
	b := ui.Block{ID: "ask", Card: true, Title: "问一问", Intro: "五个工作日内答复。答复可以公开，不写提问单位。"}
	if !c.Actor().SignedIn() {
		b.Add(view.Links{{Label: "登录后提问", Href: "/signin?next=" + policyPath(id)}})
		return b
	}
	a := ui.NewAsk(c, form, ferr)
	f := ui.FormOf(policyPath(id)+"/questions", "提交问题",
		view.Section{Fields: []view.Field{a.Area("question", "您的问题", "", ui.Required, ui.Limit(2000), ui.Lines(4))}})
	f.Guard = true
	if a.Notice != nil {
		b.Add(a.Notice)
	}
	b.Add(f)
	return b
}

func (p *Pages) ask(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	q, err := p.Policies.Ask(c.Context(), c.Actor(), id, form.Text("question"))
	if ui.Refused(err) {
		return p.showPolicy(c, form, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, "问题已提交，五个工作日内答复；答复后会给您发消息")
	return c.See(policy.QuestionPath(q))
}

func (p *Pages) questions(c *web.Ctx) error {
	list, err := p.Policies.Questions(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	page := c.Page(questionsTitle(c.Actor()))
	page.Nav = "policies"
	page.Breadcrumbs = []view.Link{{Label: "政策库", Href: "/policies"}}
	rows := view.Rows{Label: "问题", Empty: view.Empty{Icon: "message-circle", Title: "还没有问题", Text: "在一项政策的页面上可以提问。",
		Actions: []view.Action{{Label: "去政策库", Href: "/policies", Kind: view.Quiet}}}}
	for _, q := range list {
		row := view.Row{Title: view.T(ui.Clip(q.Question, 60)), Href: policy.QuestionPath(q.ID), Lead: view.T(ui.Clip(q.Answer, 90)),
			Sample: q.Sample, Meta: []string{"提问于 " + view.Day(q.AskedAt)}, Tags: []view.Tag{stateTag(q, c)}}
		if q.State == policy.Asked {
			row.Right, row.RightNote = view.Day(q.DueOn), "前答复"
		}
		rows.Items = append(rows.Items, row)
	}
	lead := "您提的问题和答复。"
	if c.Actor().Officer() {
		lead = "本地区单位提的问题，快到期的在前。"
	}
	return ui.ShowList(c, page, ui.Listing{Lead: lead, Rows: &rows, Pager: view.Pager{Total: -1}})
}

// showQuestion draws one question for who asked it and for the desk; form and ferr are those of a refused step.
func (p *Pages) showQuestion(c *web.Ctx, form *web.Form, ferr error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	q, err := p.Policies.Question(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	k, err := p.Policies.Get(c.Context(), q.PolicyID)
	if err != nil {
		return err
	}
	page := c.Page("政策问题")
	page.Nav = "policies"
	page.Breadcrumbs = []view.Link{{Label: "政策库", Href: "/policies"}, {Label: questionsTitle(c.Actor()), Href: "/policies/questions"}}
	body := ui.Sheet{Heading: view.T("政策问题"), Tags: []view.Tag{stateTag(q, c)}, Sample: q.Sample, Lead: k.Title}
	body.Main = []ui.Block{{Title: "问题", Parts: view.Parts{view.Prose{view.T(q.Question)}}}}
	if q.Answer != "" {
		note := "答复于 " + view.Day(*q.AnsweredAt)
		if q.Published {
			note += "，已公开"
		}
		body.Main = append(body.Main, ui.Block{Title: "答复", Intro: note, Parts: view.Parts{view.Prose{view.T(q.Answer)}}})
	}
	a := ui.NewAsk(c, form, ferr)
	if a.Notice != nil {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{a.Notice}})
	}
	body.Main = append(body.Main, questionForms(c.Actor(), q, a)...)
	facts := []view.Fact{{Label: "关于", Value: k.Title, Href: policyPath(k.ID)}, {Label: "提问", Value: view.Day(q.AskedAt)},
		{Label: "答复期限", Value: view.Day(q.DueOn), Note: "五个工作日"}}
	if q.Rating != nil {
		facts = append(facts, view.Fact{Label: "评价", Value: fmt.Sprintf("%d 分", *q.Rating)})
	}
	body.Side = []ui.Block{{Card: true, Title: "经过", Parts: view.Parts{view.Facts{Wide: true, Items: facts}}}}
	return ui.ShowSheetStatus(c, ui.StatusAfter(ferr), page, body)
}

// questionForms are the steps open to a person.
func questionForms(who actor.Actor, q policy.Question, a *ui.Ask) []ui.Block {
	step := func(event, submit string, fields ...view.Field) view.Form {
		f := ui.FormOf(policy.QuestionPath(q.ID)+"/do", submit, view.Section{Fields: fields})
		f.Hidden = []view.Pair{{Name: "event", Value: event}, {Name: "version", Value: strconv.Itoa(q.Version)}}
		return f
	}
	var out []ui.Block
	if who.Covers(q.Division) && (q.State == policy.Asked || q.State == policy.Answered) {
		f := step(policy.AnswerIt, "答复", a.Area("answer", "答复", q.Answer, ui.Required, ui.Limit(5000), ui.Lines(6)),
			a.Checks("publish", "公开", nil, []view.Option{{Value: "1", Label: "把问题和答复公开在政策页面上（不写提问单位）"}}))
		f.Guard = true
		out = append(out, ui.Block{Title: "写答复", Parts: view.Parts{f}})
	}
	if who.AccountID != q.AccountID {
		return out
	}
	switch q.State {
	case policy.Answered:
		scores := []view.Option{{Value: "5", Label: "5 分，很有帮助"}, {Value: "4", Label: "4 分"}, {Value: "3", Label: "3 分"},
			{Value: "2", Label: "2 分"}, {Value: "1", Label: "1 分，没有帮助"}}
		rate := step(policy.RateIt, "提交评价", a.Radio("rating", "答复对您有帮助吗", "", scores, ui.Required))
		out = append(out, ui.Block{Title: "评价答复", Parts: view.Parts{rate}})
	case policy.Asked:
		out = append(out, ui.Block{Title: "不需要答复了", Parts: view.Parts{step(policy.WithdrawIt, "撤回问题")}})
	}
	return out
}

func (p *Pages) do(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	form, err := c.Form()
	if err != nil {
		return err
	}
	command := policy.Command{Question: id, Version: form.Int("version"), Event: form.Text("event"), Answer: form.Text("answer"),
		Publish: form.Bool("publish"), Rating: form.Int("rating")}
	_, err = p.Policies.Do(c.Context(), c.Actor(), command)
	if ui.Refused(err) {
		return p.showQuestion(c, form, err)
	} else if err != nil {
		return err
	}
	c.Flash(view.OK, map[string]string{policy.AnswerIt: "已答复", policy.RateIt: "谢谢您的评价", policy.WithdrawIt: "问题已撤回"}[command.Event])
	return c.See(policy.QuestionPath(id))
}

package certify

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

// batches are the steps that a desk may do for several cases at once, each with the states it is done in. Every case is decided for
// itself: what one refuses doesn't hold up the others.
var batches = map[registry.Event][]registry.State{
	registry.EventAccept:   {registry.AwaitingAcceptance},
	registry.EventHandOver: {registry.InReview, registry.Correcting},
}

// batchOf are the listed cases that a step can be done for.
func batchOf(event registry.Event, rows []registry.QueueRow) []registry.QueueRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r registry.QueueRow) bool { return !slices.Contains(batches[event], r.State) })
}

// batchActions lead to the cases of the page that can be accepted or handed over together.
func batchActions(a actor.Actor, rows []registry.QueueRow) []view.Action {
	if !a.Has(actor.Registrar, actor.PointHead) {
		return nil
	}
	var out []view.Action
	for _, step := range []struct {
		event registry.Event
		label string
	}{{registry.EventAccept, "成批受理"}, {registry.EventHandOver, "移交同事"}} {
		those := batchOf(step.event, rows)
		if len(those) == 0 || step.event == registry.EventAccept && !a.Has(actor.Registrar) {
			continue
		}
		v := url.Values{"event": {string(step.event)}}
		for _, r := range those {
			v.Add("id", strconv.FormatInt(r.ID, 10))
		}
		out = append(out, view.Action{Label: fmt.Sprintf("%s（%d 件）", step.label, len(those)), Href: "/registry/batch?" + v.Encode(), Kind: view.Quiet})
	}
	return out
}

// batch lists the cases of a step to be ticked.
func (p *Pages) batch(c *web.Ctx) error {
	q := c.QueryForm()
	return p.showBatch(c, registry.Event(q.Text("event")), q.List("id"), nil, nil, nil)
}

// mostBatch is how many cases one request moves.
const mostBatch = 30

func (p *Pages) showBatch(c *web.Ctx, event registry.Event, ids []string, form *web.Form, refused []view.Link, ferr error) error {
	if batches[event] == nil {
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请从登记工作台进入。")
	}
	var options []view.Option
	var colleagues []registry.Member
	for _, id := range ids[:min(len(ids), mostBatch)] {
		filing, _ := strconv.ParseInt(id, 10, 64) // what is no number is no case
		k, err := p.Registry.Case(c.Context(), c.Actor(), filing)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !slices.Contains(k.Allowed, event) {
			continue // done meanwhile
		}
		options = append(options, view.Option{Value: id, Label: k.Filing.Title, Checked: true,
			Hint: k.Filing.IntakeNo + "　" + k.Filing.SellerName + "　" + words.FilingState(k.Filing.State)})
		for _, m := range k.Colleagues {
			if !slices.Contains(colleagues, m) {
				colleagues = append(colleagues, m)
			}
		}
	}
	page := c.Page(words.FilingEvent(event))
	page.Breadcrumbs = []view.Link{{Label: "登记工作台", Href: "/registry"}}
	body := ui.Sheet{Lead: "每一件单独办理：有一件办不了，不影响其余。"}
	if len(refused) > 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Notice{Tone: view.Warn, Title: fmt.Sprintf("有 %d 件没有办成", len(refused)),
			Items: refused}}})
	}
	if len(options) == 0 {
		body.Main = append(body.Main, ui.Block{Parts: view.Parts{view.Empty{Icon: "circle-check", Title: "没有可以办理的申请",
			Text: "它们已经办过，或者不在您的登记点。", Actions: []view.Action{{Label: "回到登记工作台", Href: "/registry"}}}}})
		return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
	}
	a := ui.NewAsk(c, form, ferr)
	f := view.NewForm("/registry/batch", words.FilingEvent(event)+"勾选的", view.Field{Kind: view.Check, Name: "id", Label: "申请", Options: options,
		Required: true, Error: a.Errors["id"]})
	if event == registry.EventHandOver {
		colleague := colleagueField(colleagues, a.Value("colleague", ""))
		colleague.Error = a.Errors["colleague"]
		f.Sections[0].Fields = append(f.Sections[0].Fields, colleague,
			a.Area("text", "移交说明", "", ui.Required, ui.Hint("办到哪一步、还要注意什么；申请人看不到")))
	}
	f.Hidden = []view.Pair{{Name: "event", Value: string(event)}}
	body.Main = append(body.Main, a.Blocks(f.Summed())...)
	return ui.ShowSheetStatus(c, ui.FormStatus(ferr), page, body)
}

// doBatch does a step for each ticked case. Those that were refused stay on the page, each with its reason.
func (p *Pages) doBatch(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	event, ids := registry.Event(f.Text("event")), f.List("id")
	if batches[event] == nil {
		return fault.New(fault.NotFound, "page_not_found", "没有这个页面。请从登记工作台进入。")
	}
	if len(ids) == 0 {
		c.Flash(view.Info, "没有勾选，什么也没有办。")
		return c.See("/registry")
	}
	done := 0
	var refused []view.Link
	var left []string
	var last error
	for _, id := range ids[:min(len(ids), mostBatch)] {
		filing, _ := strconv.ParseInt(id, 10, 64) // what is no number is no case
		_, err := p.Registry.Do(c.Context(), c.Actor(), registry.Command{Filing: filing, Event: event, Text: f.Text("text"),
			Colleague: f.ID("colleague")})
		switch {
		case err == nil:
			done++
		case ui.Refused(err) || fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound):
			left, last = append(left, id), err
			refused = append(refused, view.Link{Label: ui.Reason(c, err), Href: "/filings/" + strconv.FormatInt(filing, 10)})
		default:
			return err
		}
	}
	if done > 0 {
		c.Flash(view.OK, fmt.Sprintf("已办：%s，共 %d 件。", words.FilingEvent(event), done))
	}
	if len(left) == 0 {
		return c.See("/registry")
	}
	return p.showBatch(c, event, left, f, refused, last)
}

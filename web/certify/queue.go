package certify

import (
	"fmt"
	"net/url"
	"strconv"

	"techmarket/internal/certify/deadline"
	"techmarket/internal/certify/papers"
	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/codes"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/ui/words"
	"techmarket/web/view"
)

func filingTone(s registry.State) view.Tone {
	switch s {
	case registry.Registered:
		return view.OK
	case registry.Correcting, registry.AwaitingAcceptance, registry.Changing:
		return view.Warn
	case registry.Refused, registry.Declined, registry.Revoked:
		return view.Bad
	case registry.Withdrawn, registry.Cancelled:
		return view.Plain
	default:
		return view.Info
	}
}

func stateTag(s registry.State) view.Tag {
	return view.Tag{Label: words.FilingState(s), Tone: filingTone(s)}
}

func dueTag(d deadline.Due) view.Tag {
	t := view.Tag{Label: d.Words}
	switch {
	case d.Illegal, d.Overdue:
		t.Tone = view.Bad
	case d.Warning:
		t.Tone = view.Warn
	}
	return t
}

// queue is the desk's list, by the day that holds.
func (p *Pages) queue(c *web.Ctx) error {
	q := c.QueryForm()
	filter := registry.QueueFilter{
		Class:     q.Text("class"),
		Mine:      q.Bool("mine"),
		Text:      q.Text("q"),
		Cursor:    q.Text("cursor"),
		DueBefore: q.Text("due"),
		Limit:     30,
	}
	state := q.Text("state")
	if state != "" {
		filter.States = []registry.State{registry.State(state)}
	}
	page, err := p.Registry.Queue(c.Context(), c.Actor(), filter)
	if err != nil {
		return err
	}
	address := func(change func(url.Values)) string {
		v := url.Values{}
		for _, k := range []string{"class", "mine", "q", "state", "due"} {
			if s := q.Text(k); s != "" {
				v.Set(k, s)
			}
		}
		change(v)
		return "/registry?" + v.Encode()
	}
	open := view.Link{Label: "全部在办", Href: address(func(v url.Values) { v.Del("state") }), Current: state == ""}
	tabs := &view.Tabs{Label: "按状态", Items: []view.Link{open}}
	for _, s := range registry.OpenStates() {
		l := view.Link{Label: words.FilingState(s), Href: address(func(v url.Values) { v.Set("state", string(s)) }), Current: state == string(s)}
		if page.Counts != nil {
			l.Count, l.HasCount = page.Counts[s], true
		}
		tabs.Items = append(tabs.Items, l)
	}
	for _, s := range []registry.State{registry.Registered, registry.Refused, registry.Declined} {
		tabs.Items = append(
			tabs.Items,
			view.Link{Label: words.FilingState(s), Href: address(func(v url.Values) { v.Set("state", string(s)) }), Current: state == string(s)},
		)
	}
	tabs.Items = append(tabs.Items, endingTabs(page)...)
	t := queueColumns.Table("登记申请", page.Rows)
	t.Chooser = "queue"
	t.Empty = view.Empty{Icon: "circle-check", Title: "这里没有申请", Text: "新报送的会出现在“待受理”。"}
	if filter.Mine {
		t.Empty.Title, t.Empty.Text = "这里没有您经手的申请", "再点一次“只看我经手的”，看全部。"
	}
	body := ui.Listing{Tabs: tabs, Table: &t, Pager: view.Pager{Total: -1},
		Search: &view.Search{Action: "/registry", Value: filter.Text, Label: "合同名称、单位、受理编号", Hidden: []view.Pair{{Name: "state", Value: state}}}}
	if page.Next != "" {
		body.Pager.Next = address(func(v url.Values) { v.Set("cursor", page.Next) })
	}
	if page.Overdue > 0 && len(filter.States) == 0 { // of all that is open, so not over a list of one state
		body.Notices = []view.Notice{{Tone: view.Warn, Title: fmt.Sprintf("有 %d 件超过了期限", page.Overdue), Text: "最急的排在最前；补正期间不计时。"}}
	}
	head := view.ListHead{Found: len(page.Rows), Unit: "件", OnPage: true}
	mine := view.Chip{Label: "只看我经手的", Href: address(func(v url.Values) { v.Set("mine", "1") })}
	if filter.Mine {
		mine = view.Chip{Label: "只看我经手的", On: true, Href: address(func(v url.Values) { v.Del("mine") })}
	}
	head.Chips = []view.Chip{mine}
	for _, top := range codes.ContractClass.Children("") {
		chip := view.Chip{Label: top.Label, Href: address(func(v url.Values) { v.Set("class", top.Code) })}
		if filter.Class == top.Code {
			chip = view.Chip{Label: top.Label, On: true, Href: address(func(v url.Values) { v.Del("class") })}
		}
		head.Chips = append(head.Chips, chip)
	}
	body.Head = &head
	body.Actions = append([]view.Action{
		{Label: "在办时限", Href: "/registry/deadlines", Kind: view.Quiet},
		{Label: "登记簿", Href: "/registrations", Kind: view.Quiet},
		{Label: "登记清单", Href: "/lists", Kind: view.Quiet},
	}, append(batchActions(c.Actor(), page.Rows), printActions(page.Rows)...)...)
	return ui.ShowList(c, c.Page("登记工作台"), body)
}

// endingTabs lead to the registrations that wait for a decision about their end.
func endingTabs(page registry.QueuePage) []view.Link {
	return []view.Link{
		{Label: "申请注销", Href: "/registrations?waiting=cancel", Count: page.Cancels, HasCount: page.Counts != nil},
		{Label: "拟撤销", Href: "/registrations?waiting=revoke", Count: page.Revocations, HasCount: page.Counts != nil},
	}
}

// printActions print one paper of every filing that the page lists.
func printActions(rows []registry.QueueRow) []view.Action {
	if len(rows) == 0 {
		return nil
	}
	v := url.Values{}
	for _, r := range rows {
		v.Add("id", strconv.FormatInt(r.ID, 10))
	}
	var out []view.Action
	for _, kind := range []papers.Kind{papers.Form, papers.Receipt} {
		v.Set("kind", string(kind))
		out = append(out, view.Action{Label: "打印本页的" + string(kind.Title()), Href: "/registry/print?" + v.Encode(), Kind: view.Quiet})
	}
	return out
}

// queueColumns is the list of filings on a desk.
var queueColumns = ui.Columns[registry.QueueRow]{
	{Label: "合同", Cell: filingCell},
	{Label: "双方", Cell: func(r registry.QueueRow) view.Cell {
		return view.Cell{Text: r.SellerName, Note: "买方 " + r.BuyerName}
	}},
	{Label: "类别", Cell: func(r registry.QueueRow) view.Cell {
		return view.Cell{Text: codes.ContractClass.Label(r.Class), Note: r.Class}
	}},
	{Label: "成交额（元）", Numeric: true, Cell: func(r registry.QueueRow) view.Cell { return view.Cell{Text: r.ClaimedAmount.Grouped()} }},
	{Label: "状态", Cell: func(r registry.QueueRow) view.Cell { return view.Cell{Tags: []view.Tag{stateTag(r.State)}} }},
	{Label: "期限", Cell: queueDue},
}

// filingCell names a filing and opens it.
func filingCell(r registry.QueueRow) view.Cell {
	cell := view.Cell{Text: r.Title, Href: fmt.Sprintf("/filings/%d", r.ID), Note: r.IntakeNo}
	if r.Kind == registry.Change {
		cell.Tags = append(cell.Tags, view.Tag{Label: "变更", Tone: view.Warn})
	}
	if r.Sample {
		cell.Tags = append(cell.Tags, ui.SampleTag())
	}
	return cell
}

func queueDue(r registry.QueueRow) view.Cell {
	if !r.State.Open() {
		return view.Cell{Text: "已办结"}
	}
	return view.Cell{Tags: []view.Tag{dueTag(r.Due)}, Note: r.Due.On.Format("2006-01-02")}
}

package trade

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/trade/deal"
	"techmarket/internal/trade/disclosure"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) roomRoutes() []web.Route {
	show := func(c *web.Ctx) error { return p.showRoom(c, refusedPart{}) }
	return []web.Route{
		web.GET("/rooms", web.SignedIn(), p.rooms),
		web.GET("/rooms/of/:listing", web.SignedIn(), p.roomOf),
		web.POST("/rooms", web.Members(), p.openRoom),
		web.GET("/rooms/:id", web.SignedIn(), show),
		web.POST("/rooms/:id/papers", web.Members(), p.addPaper).WithFiles(),
		web.GET("/rooms/:id/papers/:paper", web.SignedIn(), p.readPaper),
		web.POST("/rooms/:id/remove", web.Members(), p.removePaper),
		web.POST("/rooms/:id/ask", web.Members(), p.askAccess),
		web.POST("/rooms/:id/offer", web.Members(), p.offerWords).WithFiles(),
		web.POST("/rooms/:id/do", web.SignedIn(), p.doSeat),
		web.GET("/rooms/:id/words/:words", web.SignedIn(), p.wordsFile),
		web.GET("/rooms/:id/words/:words/pack", web.SignedIn(), p.wordsPack),
	}
}

func roomPath(id int64) string { return fmt.Sprintf("/rooms/%d", id) }

// layerLabel names a layer.
func layerLabel(l disclosure.Layer) string {
	switch l {
	case disclosure.Registered:
		return "实名单位可看"
	case disclosure.NDA:
		return "签保密协议后可看"
	case disclosure.Inner:
		return "逐人放行"
	default:
		return "还不能看"
	}
}

func (p *Pages) rooms(c *web.Ctx) error {
	const size = 20
	q := c.QueryForm()
	list, err := p.Rooms.List(c.Context(), c.Actor(), disclosure.Filter{Listing: q.ID("listing"), Deal: q.ID("deal"), After: q.ID("after"),
		Limit: size})
	if err != nil {
		return err
	}
	var ids []int64
	for _, r := range list {
		ids = append(ids, r.OrgID)
	}
	orgs, err := p.Identity.Organisations(c.Context(), ids)
	if err != nil {
		return err
	}
	table := ui.Columns[disclosure.Room]{
		{Label: "事项", Cell: func(r disclosure.Room) view.Cell {
			cell := view.Cell{Text: r.Title, Href: roomPath(r.ID)}
			if r.Sample {
				cell.Tags = append(cell.Tags, ui.SampleTag())
			}
			return cell
		}},
		ui.TextColumn("资料属于", func(r disclosure.Room) string {
			if c.Actor().In(r.OrgID) {
				return "本单位"
			}
			return orgs[r.OrgID].Name
		}),
		ui.TextColumn("来自", func(r disclosure.Room) string {
			if r.Deal != 0 {
				return "洽谈"
			}
			return "发布的信息"
		}),
		ui.TextColumn("开设", func(r disclosure.Room) string { return view.Day(r.CreatedAt) }),
	}.Table("披露室", list)
	table.Empty = view.Empty{Icon: "file", Title: "还没有披露室", Text: "打开本单位的一项成果或一次洽谈，点“披露室”：图纸、数据分层给人看，看的人先签保密协议，每份都带他的水印。"}
	body := ui.Listing{Lead: "不公开的资料分三层：实名单位可看、签保密协议后可看、逐人放行。谁看了什么、什么时候看的，都有记录。",
		Table: &table, Pager: view.Pager{Total: -1}}
	if len(list) == size {
		body.Pager.Next = fmt.Sprintf("/rooms?after=%d", list[size-1].ID)
	}
	return ui.ShowList(c, c.Page("披露室"), body)
}

// roomOf leads from a listing to its room; its owner opens one where there is none.
func (p *Pages) roomOf(c *web.Ctx) error {
	id, err := c.ID("listing")
	if err != nil {
		return err
	}
	room, ok, err := p.Rooms.OfListing(c.Context(), id)
	if err != nil {
		return err
	}
	if ok {
		return c.See(roomPath(room.ID))
	}
	l, err := p.Listings.Find(c.Context(), c.Actor(), id)
	if err != nil {
		return err
	}
	if !c.Actor().In(l.OrganisationID) || !web.Members().Allows(c.Actor()) {
		return fault.New(fault.NotFound, "room_not_found", "发布单位还没有为这条信息开披露室，请先发起对接")
	}
	page := c.Page("开披露室")
	form := view.NewForm("/rooms", "开披露室")
	form.Hidden = []view.Pair{{Name: "listing", Value: ui.IDText(id)}}
	return ui.ShowSheet(c, page, ui.Sheet{Lead: "为“" + l.Title + "”开披露室。公开的内容仍在信息页面，不公开的资料放进披露室，分层给人看。",
		Main: []ui.Block{{Parts: view.Parts{form}}}})
}

func (p *Pages) openRoom(c *web.Ctx) error {
	f, err := c.Form()
	if err != nil {
		return err
	}
	id, err := p.Rooms.Open(c.Context(), c.Actor(), f.ID("listing"), f.ID("deal"))
	if err != nil {
		back := "/rooms"
		if talk := f.ID("deal"); talk != 0 {
			back = fmt.Sprintf("/deals/%d", talk)
		}
		return ui.FlashRefusal(c, err, back)
	}
	return c.See(roomPath(id))
}

// room leads from a talk to what the two sides disclose to each other.
func (t *talk) room() *ui.Block {
	if t.view.Side == deal.Broker || t.view.Deal.State == deal.Interested || t.view.Deal.State == deal.Declined {
		return nil
	}
	return &ui.Block{Card: true, Title: "披露室", Intro: "图纸、数据等不宜直接发送的资料放进披露室，签保密协议后查看；协议也可以在那里由双方接受。",
		Parts: view.Parts{view.Actions{{Label: "看双方的披露室", Href: fmt.Sprintf("/rooms?deal=%d", t.id), Kind: view.Quiet, Small: true},
			{Label: "打开本单位的", Post: "/rooms", Hidden: []view.Pair{{Name: "deal", Value: ui.IDText(t.id)}}, Kind: view.Quiet, Small: true}}}}
}

// inRoom runs an action of a room's form and shows the room again where it was refused.
func (p *Pages) inRoom(c *web.Ctx, part, done string, run func(id int64, f *web.Form) error) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	f, err := c.Form()
	if err != nil {
		return err
	}
	if part == "" {
		part = f.Text("event")
	}
	if err = run(id, f); err == nil {
		c.Flash(view.OK, done)
		return c.See(roomPath(id))
	}
	if ui.Refused(err) {
		return p.showRoom(c, refusedPart{part, f, err})
	}
	return err
}

func (p *Pages) addPaper(c *web.Ctx) error {
	return p.inRoom(c, "paper", "资料已放入。", func(id int64, f *web.Form) error {
		file, err := ui.Upload(c, p.Files, f, "file", "disclosure")
		if err != nil {
			return err
		}
		return p.Rooms.AddPaper(c.Context(), c.Actor(), id, disclosure.Layer(f.Text("layer")), file)
	})
}

func (p *Pages) removePaper(c *web.Ctx) error {
	return p.inRoom(c, "remove", "资料已撤下，谁也不能再看。", func(id int64, f *web.Form) error {
		return p.Rooms.RemovePaper(c.Context(), c.Actor(), id, f.ID("paper"))
	})
}

func (p *Pages) askAccess(c *web.Ctx) error {
	return p.inRoom(c, "ask", "申请已发出，对方会收到消息。", func(id int64, f *web.Form) error {
		return p.Rooms.Request(c.Context(), c.Actor(), id, f.Text("purpose"))
	})
}

func (p *Pages) offerWords(c *web.Ctx) error {
	return p.inRoom(c, "offer", "协议已固定并发出，等对方接受。", func(id int64, f *web.Form) error {
		w := disclosure.ChosenWords{Kind: f.Text("kind"), Title: f.Text("title"), Body: f.Text("body")}
		if day := f.Date("validTo"); !day.IsZero() {
			w.ValidTo = fact.DayOf(day)
		}
		if err := ui.FormErr(f); err != nil {
			return err
		}
		own, err := ui.Uploads(c, p.Files, f, "file", "disclosure")
		if err != nil {
			return err
		}
		if len(own) > 0 {
			w.File = own[0]
		}
		var people []int64
		for _, text := range f.List("accounts") {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				people = append(people, n)
			}
		}
		_, err = p.Rooms.Offer(c.Context(), c.Actor(), id, w, people)
		return err
	})
}

func (p *Pages) doSeat(c *web.Ctx) error {
	return p.inRoom(c, "", "已办理，对方会收到消息。", func(id int64, f *web.Form) error {
		do := disclosure.Command{Room: id, Seat: f.ID("seat"), Event: disclosure.Event(f.Text("event")), Reason: f.Text("reason"),
			Digest: f.Text("digest")}
		if day := f.Date("from"); !day.IsZero() {
			do.From = fact.DayOf(day)
		}
		if day := f.Date("to"); !day.IsZero() {
			do.To = fact.DayOf(day)
		}
		if err := ui.FormErr(f); err != nil {
			return err
		}
		return p.Rooms.Do(c.Context(), c.Actor(), do)
	})
}

// readPaper sends the reader's own marked copy.
func (p *Pages) readPaper(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	paper, err := c.ID("paper")
	if err != nil {
		return err
	}
	out, err := p.Rooms.Copy(c.Context(), c.Actor(), id, paper)
	if err != nil {
		return err
	}
	return c.Inline(out.Name, out.MIME, bytes.NewReader(out.Bytes))
}

func (p *Pages) wordsFile(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	words, err := c.ID("words")
	if err != nil {
		return err
	}
	out, err := p.Rooms.WordsFile(c.Context(), c.Actor(), id, words)
	if err != nil {
		return err
	}
	return c.Download(out.Name, out.MIME, bytes.NewReader(out.Bytes))
}

// wordsPack sends the signature pack, which `techmarket verify --pack` checks.
func (p *Pages) wordsPack(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	words, err := c.ID("words")
	if err != nil {
		return err
	}
	sig, err := p.Rooms.Pack(c.Context(), c.Actor(), id, words)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(sig)
	if err != nil {
		return err
	}
	return c.Download(fmt.Sprintf("签署包-%d.json", words), "application/json", bytes.NewReader(raw))
}

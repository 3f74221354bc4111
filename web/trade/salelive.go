package trade

import (
	"bytes"
	"context"
	"strconv"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/platform/live"
	"techmarket/internal/trade/sale"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

// A bidding is followed by many: what everybody sees of it is drawn once and sent to all.

// WatchSales makes the lines of those who watch a bidding. failed hears of a look that failed; the next one tries again.
func WatchSales(sales *sale.Service, views *view.Engine, t view.Words, failed func(error)) *live.Hub {
	return live.New(live.Config{Versions: sales.Versions, Failed: failed, Draw: func(ctx context.Context, id int64) ([]byte, error) {
		v, err := sales.Read(ctx, actor.Guest(), id)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		for _, block := range []ui.Block{standingBlock(saleStanding(t, v)), saleBids(v)} {
			if err := views.Fragment(&b, "ui/sheet", "block", "", block); err != nil {
				return nil, err
			}
		}
		return b.Bytes(), nil
	}})
}

// saleLive sends where a bidding stands, now and whenever it changes.
func (p *Pages) saleLive(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	line, err := p.SaleLines.Join(id, c.RemoteAddr())
	if err != nil {
		return err
	}
	return c.Follow(line)
}

func standingBlock(s view.Standing) ui.Block { return ui.Block{ID: "standing", Parts: view.Parts{s}} }

// saleStanding says where the sale is, with the server's time, which decides.
func saleStanding(t view.Words, v sale.View) view.Standing {
	s := view.Standing{Phase: string(v.Sale.State) + v.Phase, Notice: view.Notice{Tone: view.Info}}
	n := &s.Notice
	clockWords := t("服务器时间 %s，以此为准。", v.Now.Format("2006-01-02 15:04:05"))
	if v.Phase != "" {
		s.Now = v.Now
	}
	switch {
	case v.Phase == sale.PhaseWaiting:
		n.Title, n.Text = t("竞价 %s 开始", view.DayTime(v.Sale.BeginsAt)), clockWords
	case v.Phase == sale.PhaseOpen:
		s.Until, s.Field, s.Value = v.Sale.EndsAt, "amount", v.NextMin.String()
		n.Title = "竞价中，还没有出价"
		if v.Sale.Seq > 0 {
			n.Title = t("竞价中，最高出价 %s（竞买代码 %s）", view.Yuan(v.Sale.Top), v.Sale.Leader)
		}
		n.Text = t("%s 结束。下一次出价不低于 %s。%s", v.Sale.EndsAt.Format("2006-01-02 15:04:05"), view.Yuan(v.NextMin), clockWords)
	case v.Phase == sale.PhasePaused:
		n.Tone, n.Title, n.Text = view.Warn, "竞价已暂停", t("原因：%s。恢复后结束时间按暂停的长度顺延。", v.Pauses[len(v.Pauses)-1].Reason)
	case v.Phase == sale.PhaseClosing:
		n.Title, n.Text = "竞价时间已到，正在确认结果", clockWords
	case v.Sale.State == sale.Sold, v.Sale.State == sale.Confirmed:
		n.Tone, n.Title = view.OK, t("成交：竞买代码 %s，%s", v.Sale.Leader, view.Yuan(v.Sale.Top))
		if v.Sale.Alarm {
			n.Tone, n.Text = view.Warn, "有一次按时到达的出价没有轮到处理，核查之前不能确认成交。"
		}
	case v.Sale.State == sale.Unsold:
		n.Title, n.Text = "未成交", map[string]string{sale.NoBid: "没有有效出价。", sale.BelowReserve: "最高出价没有达到保留价。"}[v.Sale.Reason]
	case v.Sale.State == sale.CalledOff, v.Sale.State == sale.Defaulted:
		n.Tone, n.Title, n.Text = view.Warn, stageTag(v.Sale.State).Label, v.Sale.Reason
	default:
		n.Title, n.Text = "还没有公布", v.Sale.Reason
	}
	return s
}

func saleBids(v sale.View) ui.Block {
	return ui.Block{ID: "bids", Title: "出价记录", Intro: "只显示竞买代码，最新的 200 次在前。", Parts: view.Parts{ui.Columns[sale.ShownBid]{
		{Label: "次序", Cell: func(b sale.ShownBid) view.Cell { return view.Cell{Text: strconv.Itoa(b.Seq)} }},
		{Label: "竞买代码", Cell: func(b sale.ShownBid) view.Cell { return view.Cell{Text: b.Code} }},
		{Label: "出价", Numeric: true, Cell: func(b sale.ShownBid) view.Cell { return view.Cell{Text: view.Yuan(b.Amount)} }},
		{Label: "到达时间", Cell: func(b sale.ShownBid) view.Cell { return view.Cell{Text: b.At.Format("2006-01-02 15:04:05.000")} }},
	}.Table("出价记录", v.Bids)}}
}

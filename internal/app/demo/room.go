package demo

import (
	"bytes"
	"context"
	"strings"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fact"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/listing"
	"techmarket/internal/platform/document"
	"techmarket/internal/platform/files"
	"techmarket/internal/trade/disclosure"
)

// sampleSeats are how far the sample's readers come, a room each; the last two rooms are of talks, with an agreement.
func sampleSeats() []disclosure.Stage {
	return []disclosure.Stage{
		disclosure.Active,
		disclosure.Requested,
		disclosure.Offered,
		disclosure.Revoked,
		disclosure.Closed,
		disclosure.Active,
	}
}

// disclose makes the sample's disclosure rooms at the end of its history, through the same commands as people.
func (l *loader) disclose(ctx context.Context) error {
	paper, err := l.drawing(ctx)
	if err != nil {
		return err
	}
	var firms []actor.Actor
	for _, o := range l.market.Organisations {
		if who := l.contact(o.Key); o.Kind == sample.OrgCompany && who.OrgState == actor.Confirmed && who.Member() {
			firms = append(firms, who)
		}
	}
	n := 0
	for _, o := range l.market.Organisations {
		unit := l.contact(o.Key)
		if o.Kind == sample.OrgCompany || unit.OrgState != actor.Confirmed || !unit.Member() || n == len(sampleSeats()) || len(firms) == 0 {
			continue
		}
		own, _, err := l.Listings.Own(
			ctx,
			unit,
			achievement.Descriptor().Kind,
			listing.Filter{States: []listing.State{listing.Published}, Limit: 10},
		)
		if err != nil {
			return err
		}
		for i, item := range own {
			if i == 3 || n == len(sampleSeats()) || item.Anonymous {
				break
			}
			err := l.oneRoom(ctx, unit, firms[n%len(firms)], item.ID, paper, sampleSeats()[n])
			if err == nil {
				l.counts["披露室"]++
				n++
			} else if err := l.refused("room "+item.Title, err); err != nil {
				return err
			}
		}
	}
	return l.discloseInTalks(ctx, paper)
}

// drawing is the paper of all rooms.
func (l *loader) drawing(ctx context.Context) (files.Content, error) {
	fonts, err := l.Platform.Fonts()
	if err != nil {
		return files.Content{}, err
	}
	p := fonts.New(document.PDFOptions{Title: "样例：工艺参数表", At: l.end, Sample: true, Plain: true})
	p.Title("样例：工艺参数表")
	p.Paragraph("样例数据，不是真实技术资料。")
	p.Table([]document.Column{{Title: "工序", Share: 0.4}, {Title: "温度", Share: 0.3, Right: true}, {Title: "时间", Share: 0.3, Right: true}},
		[][]string{{"预混", "25 ℃", "30 分钟"}, {"反应", "82 ℃", "120 分钟"}, {"出料", "40 ℃", "20 分钟"}})
	raw, err := p.Bytes()
	if err != nil {
		return files.Content{}, err
	}
	return l.Platform.Files.Keep(ctx, "样例工艺参数表.pdf", "application/pdf", bytes.NewReader(raw))
}

func (l *loader) fill(ctx context.Context, unit actor.Actor, room int64, paper files.Content) error {
	for _, layer := range disclosure.Layers() {
		id, err := l.record(ctx, unit, paper)
		if err != nil {
			return err
		}
		if err := l.Rooms.AddPaper(ctx, unit, room, layer, id); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) oneRoom(ctx context.Context, unit, reader actor.Actor, of int64, paper files.Content, upTo disclosure.Stage) error {
	room, err := l.Rooms.Open(ctx, unit, of, 0)
	if err != nil {
		return err
	}
	if err := l.fill(ctx, unit, room, paper); err != nil {
		return err
	}
	if err := l.Rooms.Request(ctx, reader, room, "样例：评估在本企业使用，先看参数和图纸"); err != nil || upTo == disclosure.Requested {
		return err
	}
	v, err := l.Rooms.Read(ctx, unit, room)
	if err != nil {
		return err
	}
	today := fact.DayOf(v.AsOf) // by the database's clock, which rooms go by
	if _, err := l.Rooms.Offer(ctx, unit, room, disclosure.ChosenWords{Kind: disclosure.KindNDA, Title: "样例保密协议",
		Body: disclosure.SuggestedNDA("样例成果"), ValidTo: today + 90}, []int64{reader.AccountID}); err != nil || upTo == disclosure.Offered {
		return err
	}
	if v, err = l.Rooms.Read(ctx, reader, room); err != nil {
		return err
	}
	do := func(who actor.Actor, c disclosure.Command) {
		if c.Room, c.Seat = room, v.Places[0].ID; err == nil {
			err = l.Rooms.Do(ctx, who, c)
		}
	}
	do(reader, disclosure.Command{Event: disclosure.EventAccept, Digest: v.Words[0].Digest})
	do(unit, disclosure.Command{Event: disclosure.EventAdmit, From: today, To: today + 14})
	if v, errRead := l.Rooms.Read(ctx, reader, room); err == nil && errRead == nil {
		for _, p := range v.Papers {
			if _, err := l.Rooms.Copy(ctx, reader, room, p.ID); err != nil {
				return err
			}
		}
	}
	switch upTo {
	case disclosure.Revoked:
		do(unit, disclosure.Command{Event: disclosure.EventRevoke, Reason: "样例：双方不再洽谈"})
	case disclosure.Closed:
		do(reader, disclosure.Command{Event: disclosure.EventClose, Reason: "样例：无副本"})
	}
	return err
}

// discloseInTalks opens rooms in two talks: one with an agreement that both sides accepted, one where it waits.
func (l *loader) discloseInTalks(ctx context.Context, paper files.Content) error {
	n := 0
	for _, d := range l.market.Deals {
		talk, unit, reader := l.deals[d.Key], l.contact(d.Seller), l.contact(d.Buyer)
		if n == 2 || d.State != sample.DealTalking || talk == 0 || !unit.Member() || unit.OrgState != actor.Confirmed ||
			reader.OrgState != actor.Confirmed {
			continue
		}
		if err := l.roomOfTalk(ctx, unit, reader, talk, paper, n == 0); err != nil {
			if err := l.refused("room of "+d.Key, err); err != nil {
				return err
			}
			continue
		}
		l.counts["披露室"]++
		n++
	}
	return nil
}

func (l *loader) roomOfTalk(ctx context.Context, unit, reader actor.Actor, talk int64, paper files.Content, sign bool) error {
	room, err := l.Rooms.Open(ctx, unit, 0, talk)
	if err != nil {
		return err
	}
	if err := l.fill(ctx, unit, room, paper); err != nil {
		return err
	}
	v, err := l.Rooms.Read(ctx, unit, room)
	if err != nil || len(v.Contacts) == 0 {
		return err
	}
	named := []int64{v.Contacts[0].Account}
	for _, kind := range []string{disclosure.KindNDA, disclosure.KindAgreement} {
		w := disclosure.ChosenWords{
			Kind:    kind,
			Title:   "样例" + map[string]string{disclosure.KindNDA: "保密协议", disclosure.KindAgreement: "试验合作协议"}[kind],
			Body:    strings.Repeat("样例：双方按洽谈约定开展中试，费用和成果归属以正式合同为准。", 3),
			ValidTo: fact.DayOf(v.AsOf) + 60,
		}
		if _, err := l.Rooms.Offer(ctx, unit, room, w, named); err != nil || reader.AccountID != named[0] {
			return err
		}
		if v, err = l.Rooms.Read(ctx, reader, room); err != nil {
			return err
		}
		for _, p := range v.Places {
			if p.State == disclosure.Offered && (sign || p.Kind == disclosure.KindNDA) {
				digest := ""
				for _, x := range v.Words {
					if x.ID == p.Words {
						digest = x.Digest
					}
				}
				accept := disclosure.Command{Room: room, Seat: p.ID, Event: disclosure.EventAccept, Digest: digest}
				if err := l.Rooms.Do(ctx, reader, accept); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

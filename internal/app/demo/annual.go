package demo

import (
	"context"
	"slices"

	"techmarket/internal/app/demo/sample"
	"techmarket/internal/insight/annual"
)

// reportYears gives the sample market's university one submitted yearly report and one draft.
func (l *loader) reportYears(ctx context.Context) error {
	at := slices.IndexFunc(l.market.People, func(p sample.Person) bool { return p.Login == "demo-university" })
	if at < 0 { // a reduced market
		return nil
	}
	who := l.actors[l.market.People[at].Key]
	last := l.end.Year() - 1
	id, err := l.Annual.Start(ctx, who, last)
	if err != nil {
		return err
	}
	err = l.Annual.Save(ctx, who, id, 1, annual.Said{Figures: map[string]int64{"granted.n": 18, "granted.c": 2600_0000_00, "shares.c": 0,
		"shares.n": 0, "office": 30_0000_00, "parttime": 12, "startup": 2, "companies": 1, "staff.part": 9, "joint.research": 4,
		"joint.transfer": 1, "joint.platform": 2, "patents.new": 63, "patents": 410}, Texts: map[string]string{
		"1": "样例文字：修订了成果转化管理办法，设立转化专员；主要困难是中试条件不足。", "6": "样例文字：建议增加区内中试平台的开放机时。"}})
	if err != nil {
		return err
	}
	if err := l.Annual.Freeze(ctx, who, id, 2); err != nil {
		return err
	}
	_, err = l.Annual.Start(ctx, who, last+1)
	l.counts["年度报告"] += 2
	return err
}

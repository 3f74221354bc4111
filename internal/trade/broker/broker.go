// Package broker owns what technology brokers (技术经纪人) say about themselves, the public directory of them, and
// the choice of brokers for a listing with the reasons.
//
// It refuses to count deals itself: trade/deal counts introductions and agreements, certify/registry counts
// registered contracts; a broker cannot type a record. A qualification out of date is shown as such, never hidden.
package broker

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
)

// Profile is what a broker says. Dates are "2006-01-02" or empty.
type Profile struct {
	AccountID      int64     `json:"accountId"`
	OrganisationID int64     `json:"organisationId"`
	Fields         []string  `json:"fields"`    // 技术领域, two digits
	Divisions      []string  `json:"divisions"` // areas served; a league covers its counties, 150000 the region
	Introduction   string    `json:"introduction"`
	Level          string    `json:"level"` // codes.BrokerLevel; empty without a qualification
	CertificateNo  string    `json:"certificateNo"`
	Issuer         string    `json:"issuer"`
	ValidFrom      string    `json:"validFrom" format:"date"`
	ValidTo        string    `json:"validTo" format:"date"` // empty: without end
	Sample         bool      `json:"sample"`
	Version        int       `json:"version"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

// Qualified reports whether the profile names a qualification that is in force on the day ("2006-01-02").
func (p Profile) Qualified(on string) bool {
	return p.Level != "" && (p.ValidFrom == "" || p.ValidFrom <= on) && (p.ValidTo == "" || on <= p.ValidTo)
}

// Record is what became of the broker's introductions.
type Record struct {
	Introduced int64 `json:"introduced"`
	Agreed     int64 `json:"agreed"`
	Registered int64 `json:"registered"`
}

// Card is a broker as the public sees one.
type Card struct {
	Profile
	Name         string `json:"name"`
	Organisation string `json:"organisation"`
	Qualified    bool   `json:"qualified"` // today
	Record       Record `json:"record"`
}

// Suggestion is a broker for a listing, with the reasons in falling weight.
type Suggestion struct {
	Card
	Score   int      `json:"score"`
	Reasons []string `json:"reasons"` // field, county, league, region, qualified, agreed, registered
}

// check tidies a profile and returns every wrong field.
func (p *Profile) check() error {
	tidy := func(list []string) []string {
		out := []string{}
		for _, s := range list {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	p.Fields, p.Divisions = tidy(p.Fields), tidy(p.Divisions)
	var f fault.Fields
	f.Check(len(p.Fields) > 0, "fields", "missing", "请至少选择一个擅长的技术领域")
	for _, code := range p.Fields {
		f.Check(len(code) == 2 && codes.Field.Has(code), "fields", "unknown_code", "技术领域不在目录中，请重新选择")
	}
	f.Check(len(p.Divisions) > 0, "divisions", "missing", "请至少选择一个服务地区；服务全区的选自治区")
	for _, code := range p.Divisions {
		_, ok := region.Get(code)
		f.Check(ok, "divisions", "bad_division", "没有这个地区，请从列表中选择")
	}
	for _, t := range []struct {
		path, text string
		most       int
	}{{"introduction", p.Introduction, 2000}, {"certificateNo", p.CertificateNo, 100}, {"issuer", p.Issuer, 100}} {
		switch {
		case !utf8.ValidString(t.text) || strings.ContainsRune(t.text, 0):
			f.Add(t.path, "bad_text", "含有无法保存的字符，请删去后重新填写")
		case utf8.RuneCountInString(t.text) > t.most:
			f.Addf(t.path, "too_long", "最多 %d 个字，请删减", t.most)
		}
	}
	if p.Level == "" {
		f.Check(p.CertificateNo == "" && p.ValidFrom == "" && p.ValidTo == "", "level", "missing", "填写了证书，请选择等级；没有证书请清空证书各项")
	} else {
		f.Check(codes.BrokerLevel.Has(p.Level), "level", "unknown_code", "等级不在目录中，请重新选择")
		f.Check(p.CertificateNo != "", "certificateNo", "missing", "请填写证书编号")
		f.Check(p.Issuer != "", "issuer", "missing", "请填写发证单位")
	}
	day := func(path, d string) bool {
		_, err := time.Parse(time.DateOnly, d)
		f.Check(d == "" || err == nil, path, "bad_date", "请按 2026-03-02 的样式填写日期")
		return d != "" && err == nil
	}
	from, to := day("validFrom", p.ValidFrom), day("validTo", p.ValidTo)
	f.Check(!from || !to || p.ValidFrom <= p.ValidTo, "validTo", "ends_before_begins", "有效期止早于有效期起，请核对")
	return f.Err()
}

// Weights of a suggestion (our choice): the field counts most, then nearness, then what the broker has done.
const (
	weightField      = 40
	weightCounty     = 20
	weightLeague     = 15
	weightRegion     = 8
	weightQualified  = 10
	weightAgreed     = 3 // each, at most five
	weightRegistered = 5 // each, at most five
)

// rank scores the cards for a field and a division (either may be empty) and returns the best, best first. Cards
// without any tie to field or area are left out. Equal scores are ordered by account, so that the list is stable.
func rank(cards []Card, field, division string, limit int) []Suggestion {
	out := []Suggestion{}
	for _, c := range cards {
		s := Suggestion{Card: c, Reasons: []string{}}
		add := func(reason string, weight int) {
			s.Score += weight
			s.Reasons = append(s.Reasons, reason)
		}
		if field != "" && slices.Contains(c.Fields, field) {
			add("field", weightField)
		}
		switch league := leagueOf(division); {
		case division == "":
		case slices.Contains(c.Divisions, division) && division != region.Root && division != league:
			add("county", weightCounty)
		case league != "" && slices.Contains(c.Divisions, league):
			add("league", weightLeague)
		case slices.Contains(c.Divisions, region.Root):
			add("region", weightRegion)
		}
		if s.Score == 0 {
			continue
		}
		if c.Qualified {
			add("qualified", weightQualified)
		}
		if n := min(c.Record.Agreed, 5); n > 0 {
			add("agreed", int(n)*weightAgreed)
		}
		if n := min(c.Record.Registered, 5); n > 0 {
			add("registered", int(n)*weightRegistered)
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.AccountID, b.AccountID))
	})
	return out[:min(limit, len(out))]
}

func leagueOf(division string) string {
	d, ok := region.League(division)
	if !ok {
		return ""
	}
	return d.Code
}

package e2e

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"techmarket/internal/app/apptest"
	"techmarket/internal/certify/contract"
	"techmarket/internal/foundation/money"
)

// booked puts a registered contract and its period entry where the registry would: figures are read here, not made.
func (w *world) booked(serial int, title, seller, buyer string, amount money.Fen, sample bool) (number string) {
	w.t.Helper()
	number = fmt.Sprintf("2026010303%06d", serial)
	ctx, db := context.Background(), w.s.Platform.DB
	who := w.who("member")
	var id int64
	apptest.NoErr(w.t, db.QueryRow(ctx, `insert into contract (seller_org, applicant_org, created_by, state, content,
		created_at, updated_at, is_sample)
		values ($1, $1, $2, 'registered', $3, now(), now(), $4) returning id`, who.OrgID, who.AccountID, contract.Content{}, sample).Scan(&id))
	_, err := db.Exec(ctx, `insert into registration (number, contract_id, point_id, division, applicant_org, state, title,
		class, field, seller_name, seller_org, seller_kind, seller_division,
		buyer_name, buyer_division, amount, technical, vat_base, registered_on, is_sample)
		values ($1, $2, $3, $4, $5, 'registered', $6, '0101', '01', '卖方', $5, 'university', $7, '买方', $8, $9, $9, 0, '2026-03-02', $10)`,
		number, id, w.points["county"].ID, ownCounty, who.OrgID, title, seller, buyer, amount, sample)
	apptest.NoErr(w.t, err)
	_, err = db.Exec(ctx, `insert into period_entry (number, version, kind, booked_on, contracts, amount, technical, class, field,
		seller_kind, seller_country, seller_division, buyer_country, buyer_division, point_id, is_sample)
		values ($1, 1, 'register', '2026-03-02', 1, $2, $2, '0101', '01', 'university', '156', $3, '156', $4, $5, $6)`, number, amount, seller,
		buyer, w.points["county"].ID, sample)
	apptest.NoErr(w.t, err)
	return number
}

func (g *page) wantNot(texts ...string) *page {
	g.p.w.t.Helper()
	for _, s := range texts {
		if strings.Contains(g.text(), s) {
			g.p.w.t.Fatalf("%s at %s: %q must not be on the page:\n%s", g.p.name, g.path, s, g.text())
		}
	}
	return g
}

func TestStats_AnEmptyMarketSaysSoAndOffersTheSample(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	empty := w.guest.get("/stats").want(200, "还没有登记的技术合同", "看样例数据", "公开数据", "内蒙古日报 2023-08-13", "不少于 40 个").wantNot("含样例")
	sample := ""
	for _, l := range empty.links() {
		if strings.HasPrefix(l, "/stats?") && strings.Contains(l, "sample=1") {
			sample = l
		}
	}
	w.guest.get(sample).want(200, "含样例数据，不能作为统计依据")
	w.guest.get("/stats/definitions").want(200, "合同成交额", "自 2026 年 1 月 1 日起")
}

func TestStats_EveryCellOpensTheContractsBehindIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	real := w.booked(1, "羊草种子包衣机委托开发", ownCounty, otherCounty, 800_000*money.Yuan, false)
	sample := w.booked(2, "虚构的样例合同", ownCounty, otherCounty, 5_000_000*money.Yuan, true)
	spaced := func(n string) string { return n[:4] + " " + n[4:8] + " " + n[8:10] + " " + n[10:] }

	table := w.guest.get("/stats").want(200, "80 万元", "地区 合计 第 1 季度 呼和浩特市 80.00 80.00 合计 80.00 80.00").wantNot("含样例", "500 万元", "580")
	list := table.link("/stats/list?area=150000&column=2026-Q1&direction=output")
	w.guest.get(list).want(200, spaced(real), "800,000.00", "合同名称不公开").wantNot("包衣机", spaced(sample))
	for login, sees := range map[string]bool{"league": true, "otherLeague": true, "region": true, "registrar": false, "rival": false} {
		got := strings.Contains(w.as(login).get(list).want(200, spaced(real)).text(), "包衣机")
		if got != sees {
			t.Errorf("%s sees the title: got %v, want %v", login, got, sees)
		}
	}
	w.guest.get("/stats?direction=absorption").want(200, "包头市", "地区 合计 第 1 季度 包头市 80.00 80.00 合计 80.00 80.00")
	w.guest.get("/stats?period=none&rows=class").want(200, "技术开发", "合同项数（项）")
	w.guest.get("/stats?area="+ownLeague).want(200, "回民区")
	w.guest.get("/stats?sample=1").want(200, "含样例数据，不能作为统计依据", "580")

	for _, c := range []struct{ query, has, lacks string }{{"", "800000.00", "样例"}, {"?sample=1", "含样例数据，不能作为统计依据", ""}} {
		csv := w.guest.get("/stats.csv" + c.query)
		if body := string(csv.body); csv.status != 200 || !strings.Contains(body, c.has) || c.lacks != "" && strings.Contains(body, c.lacks) {
			t.Errorf("csv%s: got %d %s", c.query, csv.status, body)
		}
	}
	if x := w.guest.get("/stats.xlsx"); x.status != 200 || !strings.HasPrefix(string(x.body), "PK") ||
		!strings.Contains(x.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("xlsx: got %d %v", x.status, x.header)
	}
}

func TestStats_AWrongQuestionNamesTheField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct{ query, want string }{
		{"from=yesterday", "请填写起始日期"}, {"to=2026-02-30", "请填写截止日期"}, {"from=x&rows=y", "请选择统计的分类"},
		{"from=2026-05-01&to=2026-04-01", "截止日期早于起始日期"}, {"from=1950-01-01", "最多统计 50 年"},
		{"area=999999", "请选择自治区、盟市或旗县"}, {"direction=both", "请选择登记、输出或吸纳"}, {"period=week", "请选择月、季、半年或年"},
		{"rows=colour", "请选择统计的分类"}, {"class=99", "请选择合同类别"}, {"field=zz", "请选择技术领域"}, {"rows=%27%3B+drop+table", "请选择统计的分类"},
	} {
		for _, path := range []string{"/stats", "/stats/list", "/stats.csv", "/stats.xlsx"} {
			w.guest.get(path+"?"+c.query).want(422, c.want)
		}
	}
	w.guest.get("/stats/list?after=-1").want(422)
	w.guest.get("/stats/list?row=nowhere&column=never").want(200, "这一格里没有登记记录")
	w.guest.get("/stats?show=everything").want(200)
}

func TestBrokers_TheDirectoryShowsWhatEachSavedAndHowTheCertificateStands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.guest.get("/brokers").want(200, "没有符合条件的技术经纪人")
	w.guest.get("/brokers/4711").want(404)
	w.guest.get("/brokers/x").want(404)
	w.guest.get("/brokers?field=zz").want(422, "没有这个技术领域")
	w.guest.get("/brokers?league=999999").want(422, "没有这个盟市")
	w.as("member").get("/account/broker").want(403)
	w.as("member").get("/account").want(200).wantNot("经纪人资料")
	if at := w.guest.get("/account/broker").path; !strings.HasPrefix(at, "/signin") {
		t.Errorf("a guest at the own profile: got %s", at)
	}

	broker := w.as("broker")
	broker.get("/account").want(200, "经纪人资料")
	page := broker.get("/account/broker")
	page.submit("/account/broker", values{"level": "junior"}).want(422, "请至少选择一个擅长的技术领域", "请至少选择一个服务地区", "请填写证书编号")
	good := values{"fields": "07", "divisions": ownLeague, "introduction": "做过牧草装备的对接。", "level": "junior", "certificateNo": "样-001",
		"issuer": "示范协会", "validFrom": "2020-01-01", "validTo": "2026-04-09"}
	for field, wrong := range map[string][2]string{"validTo": {"2019-01-01", "有效期止早于有效期起"}, "validFrom": {"soon", "2026-03-02"},
		"introduction": {strings.Repeat("长", 2001), "最多 2000 个字"}} {
		v := values{}
		maps.Copy(v, good)
		v[field] = wrong[0]
		broker.get("/account/broker").submit("/account/broker", v).want(422, wrong[1])
	}
	stale := broker.get("/account/broker")
	saved := page.submit("/account/broker", good).want(200, "资料已保存并公开", "不在有效期", "做过牧草装备的对接。")
	w.guest.get(saved.path).want(200, "样-001", "北疆示范技术转移中心")
	w.guest.get("/brokers?field=07&league="+ownLeague).want(200, "示范broker", "不在有效期", "促成 0 项")
	w.guest.get("/brokers?league="+otherLeague).want(200, "没有符合条件的技术经纪人")
	stale.submit("/account/broker", good).want(409)
	good["validTo"] = "2026-04-10"
	broker.get("/account/broker").submit("/account/broker", good).want(200, "，有效")
}

func TestImports_TheDryRunNamesCellsAndConfirmingKeepsTheGoodRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if at := w.guest.get("/imports").path; !strings.HasPrefix(at, "/signin") {
		t.Errorf("a guest: got %s", at)
	}
	w.as("registrar").get("/imports").want(403)
	w.as("league").get("/imports").want(403)
	member := w.as("member")
	if x := member.get("/imports/template?kind=achievement"); x.status != 200 || !strings.HasPrefix(string(x.body), "PK") {
		t.Errorf("template: got %d", x.status)
	}
	member.get("/imports/template?kind=poem").want(422)

	form := member.get("/imports").want(200, "还没有导入过文件")
	send := func(p *person, v values, name, content string) *page {
		w.t.Helper()
		return p.get("/imports").submit("/imports", v, upload{"file", name, []byte(content)})
	}
	form.submit("/imports", nil).want(422, "请选择要上传的文件")
	send(member, nil, "表.exe", "MZ").want(422, "不能上传", "Excel、CSV")
	send(member, nil, "表.xlsx", "not a zip").want(422)
	send(member, nil, "空.csv", "").want(422)
	send(member, nil, "表.csv", "颜色,味道\n红,甜\n").want(422, "没有找到表头")

	file := "编号,名称,成果介绍,技术领域,味道\nA1,羊草种子包衣机,种子包衣后发芽率提高到 92%。,农业,甜\nA2,,没有名称,农业,\nA3,牧草水分快速测定仪,三分钟测定。,不存在的领域,\n"
	report := send(member, nil, "成果.csv", file).want(200, "可以导入", "要改的", "第 3 行", "不在选项中", "味道")
	at := report.path
	w.as("rival").get(at).want(404)
	w.as("rival").post(at+"/confirm", nil).want(404)
	running := report.submit(at+"/confirm", nil).want(200, "正在导入")
	if poll := find(running.doc, func(n *html.Node) bool { return hasAttr(n, "hx-get") }); len(poll) == 0 {
		t.Error("the bar does not ask for its progress")
	}
	member.post(at+"/confirm", nil).want(409, "已经确认导入过")
	w.drain()
	member.get(at).want(200, "导入完成", "新增 1")
	member.get(at+"/progress").want(200, "导入完成")
	member.get("/desk/achievements").want(200, "羊草种子包衣机")
	w.guest.get("/achievements?q=包衣机").want(200, "没有找到")

	again := send(member, nil, "成果.csv", file)
	again.submit(again.path+"/confirm", nil)
	w.drain()
	member.get(again.path).want(200, "新增 0", "未变 1")

	officer := w.as("region")
	send(officer, values{"organisation": "没有这家"}, "成果.csv", file).want(422, "没有这个已确认的单位")
	send(officer, values{"organisation": "示范"}, "成果.csv", file).want(422, "请填写全称")
	public := send(officer, values{"organisation": "阴山示范装备有限公司", "publish": "1"}, "成果.csv", file).want(200, "直接发布")
	public.submit(public.path+"/confirm", nil)
	w.drain()
	w.guest.get("/achievements?q=包衣机").want(200, "羊草种子包衣机", "导入")
	officer.get("/imports").want(200, "草原示范大学", "阴山示范装备有限公司")
	w.as("rival").get("/imports").want(200, "成果.csv").wantNot("草原示范大学")
}

func TestUnits_AConfirmedUnitHasAPublicPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(key string) string { return fmt.Sprintf("/units/%d", w.provided[key].OrgID) }
	w.guest.get(at("university")).want(200, "草原示范大学", "还没有公开的成果和需求", "还没有收到对接意向")
	w.guest.get(at("county")).want(200, "回民区示范登记点", "正常受理").wantNot("回复对接意向")
	for _, path := range []string{"/units/0", "/units/99999", "/units/abc"} {
		w.guest.get(path).want(404)
	}
	_, err := w.s.Platform.DB.Exec(context.Background(), `update organisation set state = 'suspended' where id = $1`,
		w.provided["rival"].OrgID)
	apptest.NoErr(t, err)
	w.guest.get(at("rival")).want(404)
}

func TestCompare_TheAddressIsTheWholeState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	officer := w.as("region")
	var rows strings.Builder
	rows.WriteString("编号,名称,成果介绍,技术领域\n")
	for i := range 5 {
		fmt.Fprintf(&rows, "B%d,牧草收割机 %d 型,第 %d 种收割机。,农业\n", i, i, i)
	}
	report := officer.get("/imports").submit("/imports", values{"organisation": "阴山示范装备有限公司", "publish": "1"},
		upload{"file", "收割机.csv", []byte(rows.String())}).want(200)
	report.submit(report.path+"/confirm", nil)
	w.drain()
	var ids []string
	for _, l := range w.guest.get("/achievements?q=收割机").want(200).links() {
		if id, ok := strings.CutPrefix(l, "/achievements/"); ok && !strings.Contains(id, "/") && !strings.Contains(id, "?") {
			ids = append(ids, id)
		}
	}
	if len(ids) != 5 {
		t.Fatalf("imported achievements: got %v", ids)
	}
	w.guest.get("/compare").want(200, "还没有选要比较的成果")
	w.guest.get("/compare?ids=x,-1,"+url.QueryEscape("1;drop")).want(200, "还没有选要比较的成果")
	w.guest.get("/compare?ids=99999").want(200, "有 1 项已经不公开")
	one := w.guest.get("/achievements/"+ids[0]).want(200, "加入比较")
	added := w.guest.get(one.link("/compare?ids="+ids[0])).want(200, "再加一项才能比较")
	w.guest.get(added.link("/compare?ids="+ids[0]+",")).want(200, "型").wantNot("再加一项")
	w.guest.get("/compare?ids=" + ids[0] + "," + ids[0] + "," + ids[1]).want(200).wantNot("不公开")
	w.guest.get("/compare?ids="+strings.Join(ids, ",")).want(200, "最多比较 4 项")
	added.submit("/compare", values{"q": "收割机"}).want(200, "加入比较")
}

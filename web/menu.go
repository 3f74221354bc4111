package web

import (
	"techmarket/internal/foundation/actor"
	"techmarket/web/view"
)

// deskLinks is what a signed-in person can open, by role.
func (c *Ctx) deskLinks(a actor.Actor) []view.Link {
	links := []view.Link{{Label: "工作台", Href: "/desk", Key: "desk"}}
	add := func(label, href, key string) {
		links = append(links, view.Link{Label: label, Href: href, Key: key})
	}
	if Members().Allows(a) {
		for _, kind := range c.server.cfg.Kinds {
			add(c.T("我的%s", kind.Label), kind.OwnPath(), "my-"+kind.Path)
		}
		add("我的名录", "/desk/registers", "my-registers")
	}
	if Importers().Allows(a) {
		add("批量导入", "/imports", "imports")
	}
	if Traders().Allows(a) {
		add("对接与洽谈", "/deals", "deals")
		add("委托", "/mandates", "mandates")
		add("我的合同", "/contracts", "contracts")
	}
	if Brokers().Allows(a) {
		add("经纪人工作台", "/desk/broker", "broker-desk")
	}
	if Members().Allows(a) {
		add("先用后转", "/trials", "trials")
		add("披露室", "/rooms", "rooms")
		add("创新券", "/desk/vouchers", "vouchers")
		add("融资申请", "/finance-requests", "finance")
		add("我的活动", "/events/mine", "my-events")
	}
	add("权属与收益", "/distributions", "rights")
	add("价格参考", "/prices", "prices")
	if a.Officer() || a.Member() && (a.OrgKind == actor.University || a.OrgKind == actor.Institute) {
		add("年度报告", "/annual", "annual")
	}
	if a.Staff() {
		add("登记工作台", "/registry", "registry")
	}
	if Operators().Allows(a) {
		add("被拒绝的访问", "/audit/refusals", "refusals")
	}
	if a.Officer() {
		add("监测", "/monitor", "monitor")
		add("发布审核", "/review", "review")
		add("名录审核", "/desk/registers/queue", "registers-queue")
		add("创新券办理", "/desk/vouchers", "vouchers")
		add("单位确认", "/organisations", "organisations")
	}
	add("消息", "/messages", "messages")
	add("账号与单位", "/account", "account")
	return links
}

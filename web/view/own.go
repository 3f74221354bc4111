package view

import "strings"

// ownPages are the pages this package brings: error states and the living page of components.
func ownPages() []Decl {
	return []Decl{
		Declare[Problem]("error/problem"),
		Declare[Conflict]("error/conflict"),
		Declare[Design]("view/design"),
	}
}

// ProblemPage is the data of "error/problem" for an HTTP status, in plain words. The caller may overwrite any
// part: a 404 of a case reads better when it says which number was not found.
func ProblemPage(t Words, p Page, status int) With[Problem] {
	home := Action{Label: t("回到首页"), Href: "/"}
	back := Action{Label: t("再试一次"), Href: pick(p.Path, "/"), Kind: Quiet}
	b := Problem{Status: status, RequestID: p.RequestID}
	switch status {
	case 400:
		b.Title, b.Text = t("这个请求读不懂"), t("地址或表单缺了内容，可能是链接不完整，或页面开得太久。")
		b.Steps = []string{t("返回上一页，刷新后再提交一次"), t("如果地址是复制来的，检查是否复制完整")}
		b.Actions = []Action{home}
	case 401:
		b.Title, b.Text = t("请先登录"), t("登录后会回到您刚才要去的页面。")
		b.Actions = []Action{{Label: t("登录"), Href: "/signin"}, {Label: t("回到首页"), Href: "/", Kind: Quiet}}
	case 403:
		b.Title, b.Text = t("您的账号不能打开这一页"), t("它属于别的单位、别的地区，或需要别的角色。")
		b.Steps = []string{t("如果您有多个单位，先切换到对应的单位"), t("请本单位管理员为您开通角色")}
		b.Actions = []Action{home}
	case 404:
		b.Title, b.Text = t("没有找到这一页"), t("它可能已经撤回或到期，地址也可能抄错了一位；属于其他登记点的件，在这里也看不到。")
		b.Steps = []string{t("检查地址或编号"), t("在首页搜索标题中的几个字")}
		b.Actions = []Action{home, {Label: t("核验证明"), Href: "/verify", Kind: Quiet}}
	case 409:
		b.Title, b.Text = t("这件事已经被办过了"), t("您打开页面以后，状态已经改变。没有重复办理。")
		b.Actions = []Action{{Label: t("看现在的状态"), Href: pick(p.Path, "/")}}
	case 410: // links and search programs may forget the address; a reader is led to what is open now
		b.Title, b.Text = t("这条信息已经不再公开"), t("它曾经公开，现在已经结束。")
		b.Steps = []string{t("看看现在公开的信息里有没有合适的"), t("写下您的难题，让市场按内容查找")}
		parent, _, _ := strings.Cut(strings.TrimPrefix(p.Path, "/"), "/")
		b.Actions = []Action{{Label: t("看现在公开的"), Href: "/" + parent}, {Label: t("按难题查找"), Href: "/match", Kind: Quiet}}
	case 413:
		b.Title, b.Text = t("文件太大了"), t("请压缩或拆开后再上传；页面上写有大小上限。")
		b.Actions = []Action{{Label: t("返回"), Href: pick(p.Path, "/")}}
	case 422: // what was asked can't be answered as asked: no failure of ours, and no use to try it again unchanged
		b.Title, b.Text = t("内容需要修改"), t("地址或表单里有填得不对的地方，没有保存任何改动。")
		b.Actions = []Action{{Label: t("返回"), Href: pick(p.Path, "/")}, {Label: t("回到首页"), Href: "/", Kind: Quiet}}
	case 429:
		b.Title, b.Text = t("操作太频繁了"), t("为了保护账号，请等一分钟再试。您已经保存的内容不受影响。")
		b.Actions = []Action{back}
	case 503:
		b.Title, b.Text = t("正在维护，或一部分服务没有连上"), t("几分钟后会恢复。")
		b.Kept = t("已经提示“已保存”的内容都在，不用重填。")
		b.Text = t("几分钟后会恢复。")
		b.Actions = []Action{back}
	default:
		b.Status, b.Title, b.Text = 500, t("这一步没有办成"), t("是我们这边出了错，已经记录下来。")
		b.Kept = t("已经提示“已保存”的内容都在；刚才这一步没有生效，可以放心再做一次。")
		b.Actions = []Action{back, {Label: t("回到首页"), Href: "/", Kind: Quiet}}
	}
	p.Title, p.NoIndex = b.Title, true
	return With[Problem]{Page: p, Body: b}
}

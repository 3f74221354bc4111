package people

import (
	"fmt"
	"time"

	"techmarket/internal/people/identity"
	"techmarket/web"
	"techmarket/web/ui"
	"techmarket/web/view"
)

func (p *Pages) tokens(c *web.Ctx) error { return p.showTokens(c, nil, nil, "") }

func (p *Pages) showTokens(c *web.Ctx, form *web.Form, ferr error, secret string) error {
	tokens, err := p.Identity.Tokens(c.Context(), c.Actor())
	if err != nil {
		return err
	}
	a := ui.NewAsk(c, form, ferr)
	body := ui.Sheet{Tabs: ui.AccountTabs(c.Actor(), "/account/tokens"), Lead: "程序用令牌代表您和现在的单位调用接口，只能做您选定的事，也不会超过您本人的权限。"}
	if secret != "" {
		body.Main = append(
			body.Main,
			ui.Block{
				Parts: view.Parts{view.Notice{Tone: view.OK, Title: "令牌已创建", Text: "请现在复制保存，以后不再显示。"}, view.Digests{{Label: "令牌", Value: secret}}},
			},
		)
	}
	rows := view.Rows{Label: "令牌", Empty: view.Empty{Icon: "key", Title: "还没有令牌", Text: "需要程序调用接口时再创建。"}}
	for _, t := range tokens {
		row := view.Row{Title: view.T(t.Name), Meta: []string{t.OrganisationName, "创建于 " + view.Day(t.CreatedAt)}}
		row.Meta = append(row.Meta, scopeWords(t.Scopes))
		if t.ExpiresAt != nil {
			row.Meta = append(row.Meta, "有效到 "+view.Day(*t.ExpiresAt))
		}
		if t.UsedAt != nil {
			row.Meta = append(row.Meta, "最近使用 "+view.Day(*t.UsedAt))
		}
		if t.RevokedAt != nil {
			row.Tags = []view.Tag{{Label: "已撤销"}}
		} else {
			row.Actions = []view.Action{{Label: "撤销", Post: fmt.Sprintf("/account/tokens/%d/revoke", t.ID), Kind: view.Danger, Small: true}}
		}
		rows.Items = append(rows.Items, row)
	}
	body.Main = append(body.Main, ui.Block{Parts: view.Parts{rows}})
	side := ui.Block{Card: true, Title: "创建令牌", Parts: view.Parts{a.Notice, view.NewForm("/account/tokens", "创建",
		a.Text("name", "名称", "", ui.Required, ui.Limit(50), ui.Hint("写明用在哪里，例如“科研系统同步”")),
		a.Checks("scopes", "可以做什么", nil, scopeOptions(), ui.Required, ui.Hint("只选用得到的；以后要多做，再新建一个")),
		a.Date("expiresAt", "有效到", time.Time{}, ui.Hint("最长一年，不填为一年；改密码、退出所有设备时也会失效")))}}
	body.Side = []ui.Block{side, {Parts: view.Parts{view.Links{{Label: "接口说明", Href: "/api/v1/docs"}}}}}
	return ui.ShowSheet(c, c.Page("接口令牌"), body)
}

func scopeOptions() []view.Option {
	var out []view.Option
	for _, s := range identity.Scopes() {
		out = append(out, view.Option{Value: s.Code, Label: s.Label, Hint: s.Code})
	}
	return out
}

// scopeWords names the scopes of a token, or how many they are.
func scopeWords(scopes []string) string {
	if len(scopes) == len(identity.Scopes()) {
		return "全部权限"
	}
	return ui.Join(scopes)
}

func (p *Pages) createToken(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	var expires *time.Time
	if t := form.Date("expiresAt"); !t.IsZero() {
		expires = &t
	}
	err = ui.FormErr(form)
	var secret string
	if err == nil {
		_, secret, err = p.Identity.CreateToken(c.Context(), c.Actor(), form.Text("name"), form.List("scopes"), expires)
	}
	if err != nil {
		if ui.Refused(err) {
			return p.showTokens(c, form, err, "")
		}
		return err
	}
	return p.showTokens(c, nil, nil, secret)
}

func (p *Pages) revokeToken(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := p.Identity.RevokeToken(c.Context(), c.Actor(), id); err != nil {
		return err
	}
	c.Flash(view.OK, "令牌已撤销。")
	return c.See("/account/tokens")
}

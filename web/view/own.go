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
	home := Action{Label: t("problem.home"), Href: "/"}
	back := Action{Label: t("problem.again"), Href: pick(p.Path, "/"), Kind: Quiet}
	b := Problem{Status: status, RequestID: p.RequestID}
	switch status {
	case 400:
		b.Title, b.Text = t("problem.400.title"), t("problem.400.text")
		b.Steps = []string{t("problem.400.step1"), t("problem.400.step2")}
		b.Actions = []Action{home}
	case 401:
		b.Title, b.Text = t("problem.401.title"), t("problem.401.text")
		b.Actions = []Action{{Label: t("layout.signin"), Href: "/signin"}, {Label: t("problem.home"), Href: "/", Kind: Quiet}}
	case 403:
		b.Title, b.Text = t("problem.403.title"), t("problem.403.text")
		b.Steps = []string{t("problem.403.step1"), t("problem.403.step2")}
		b.Actions = []Action{home}
	case 404:
		b.Title, b.Text = t("problem.404.title"), t("problem.404.text")
		b.Steps = []string{t("problem.404.step1"), t("problem.404.step2")}
		b.Actions = []Action{home, {Label: t("problem.verify"), Href: "/verify", Kind: Quiet}}
	case 409:
		b.Title, b.Text = t("problem.409.title"), t("problem.409.text")
		b.Actions = []Action{{Label: t("problem.now"), Href: pick(p.Path, "/")}}
	case 410: // links and search programs may forget the address; a reader is led to what is open now
		b.Title, b.Text = t("problem.410.title"), t("problem.410.text")
		b.Steps = []string{t("problem.410.step1"), t("problem.410.step2")}
		parent, _, _ := strings.Cut(strings.TrimPrefix(p.Path, "/"), "/")
		b.Actions = []Action{{Label: t("problem.410.list"), Href: "/" + parent}, {Label: t("problem.410.match"), Href: "/match", Kind: Quiet}}
	case 413:
		b.Title, b.Text = t("problem.413.title"), t("problem.413.text")
		b.Actions = []Action{{Label: t("problem.back"), Href: pick(p.Path, "/")}}
	case 422: // what was asked can't be answered as asked: no failure of ours, and no use to try it again unchanged
		b.Title, b.Text = t("problem.422.title"), t("problem.422.text")
		b.Actions = []Action{{Label: t("problem.back"), Href: pick(p.Path, "/")}, {Label: t("problem.home"), Href: "/", Kind: Quiet}}
	case 429:
		b.Title, b.Text = t("problem.429.title"), t("problem.429.text")
		b.Actions = []Action{back}
	case 503:
		b.Title, b.Text = t("problem.503.title"), t("problem.503.text")
		b.Kept = t("problem.503.kept")
		b.Text = t("problem.503.text")
		b.Actions = []Action{back}
	default:
		b.Status, b.Title, b.Text = 500, t("problem.500.title"), t("problem.500.text")
		b.Kept = t("problem.500.kept")
		b.Actions = []Action{back, {Label: t("problem.home"), Href: "/", Kind: Quiet}}
	}
	p.Title, p.NoIndex = b.Title, true
	return With[Problem]{Page: p, Body: b}
}

package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
)

// runAccount is `techmarket account create|reset-password|reset-two-factor|confirm --account NAME`: the first administrator of a new
// market, and help for an account that nobody on the pages can help. Passwords are read from the terminal.
func runAccount(ctx context.Context, env *app.Environment, args []string) error {
	usage := fault.New(fault.Invalid, "usage", "用法：techmarket account create --account 登录名 --name 姓名 --organisation 单位全称   建立第一位自治区管理员\n"+
		"      techmarket account reset-password|reset-two-factor|confirm --account 登录名")
	if len(args) == 0 {
		return usage
	}
	flags := flag.NewFlagSet("account", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	account := flags.String("account", "", "登录名")
	name := flags.String("name", "", "姓名")
	org := flags.String("organisation", "", "单位全称")
	if flags.Parse(args[1:]) != nil || strings.TrimSpace(*account) == "" || flags.NArg() > 0 ||
		(args[0] == "create") == (*name == "" || *org == "") {
		return usage
	}
	var act func(*identity.Service) error
	done := ""
	switch args[0] {
	case "create":
		act = func(people *identity.Service) error {
			if err := CreateFirst(ctx, people, *account, *name, *org); err != nil {
				return err
			}
			return AskPassword(ctx, env, people, *account)
		}
		done = "账号 %s 已建立：自治区管理员和本单位管理员。请登录后邀请其他人，并设置两步登录。"
	case "reset-password":
		act = func(people *identity.Service) error { return AskPassword(ctx, env, people, *account) }
		done = "%s 的密码已设置，所有设备已退出。"
	case "reset-two-factor":
		act = func(people *identity.Service) error { return people.ResetTwoFactorFor(ctx, *account) }
		done = "%s 的两步登录已关闭，所有设备已退出。请本人登录后重新设置。"
	case "confirm":
		act = func(people *identity.Service) error { return people.ConfirmFor(ctx, *account) }
		done = "%s 的邮箱已由管理员确认。"
	default:
		return usage
	}
	return withPeople(ctx, env, func(people *identity.Service) error {
		if err := act(people); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.Stdout, done+"\n", *account)
		return err
	})
}

// CreateFirst makes the region's department with its first administrator, who confirms all other organisations. Later
// people are invited on the pages.
func CreateFirst(ctx context.Context, people *identity.Service, login, name, org string) error {
	found, err := people.FindOrganisations(ctx, operator(), identity.OrganisationFilter{Text: org, Limit: 100})
	if err != nil {
		return err
	}
	for _, o := range found {
		if o.Name == org {
			return fault.Newf(fault.Conflict, "organisation_exists", "已经有“%s”这个单位。请它的管理员在网页上邀请新的人。", org)
		}
	}
	_, err = people.Provision(ctx, []identity.ProvisionOrganisation{{
		Organisation: identity.Organisation{Kind: actor.Government, Name: org, Division: region.Root, State: actor.Confirmed},
		People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: login, DisplayName: name, Password: rand.Text()},
			Roles: []actor.Role{actor.OrgAdmin, actor.RegionOfficer}}}}})
	return err
}

// AskPassword reads a new password until it is good enough or the input ends.
func AskPassword(ctx context.Context, env *app.Environment, people *identity.Service, login string) error {
	in := bufio.NewReader(env.Stdin)
	for {
		fmt.Fprint(env.Stdout, "新密码（至少 12 个字符；输入时会显示）：")
		line, end := in.ReadString('\n')
		err := people.ResetPassword(ctx, login, strings.TrimRight(line, "\r\n"))
		if !fault.Is(err, fault.Invalid) || end != nil {
			fmt.Fprintln(env.Stdout)
			return err
		}
		fmt.Fprintln(env.Stdout, app.Words(err))
	}
}

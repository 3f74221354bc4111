package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"strings"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/people/identity"
)

// runToken is `techmarket token create --account NAME [--name …]`: a bearer token for the API, printed this once. The
// person it acts for can see and revoke it on the page 账号与单位.
func runToken(ctx context.Context, env *environment, args []string) error {
	usage := fault.New(fault.Invalid, "usage", "用法：techmarket token create --account 登录名 [--name 用途]")
	if len(args) == 0 || args[0] != "create" {
		return usage
	}
	flags := flag.NewFlagSet("token create", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	account := flags.String("account", "", "登录名")
	name := flags.String("name", "命令行新建", "用途")
	if flags.Parse(args[1:]) != nil || strings.TrimSpace(*account) == "" || flags.NArg() > 0 {
		return usage
	}
	return withPeople(ctx, env, func(people *identity.Service) error {
		secret, err := people.CreateTokenFor(ctx, *account, *name)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Stdout, secret)
		return err
	})
}

// withPeople opens identity alone: the other rooms would open the search index for nothing.
func withPeople(ctx context.Context, env *environment, f func(*identity.Service) error) error {
	return withPlatform(ctx, env, func(p *platform) error {
		people, err := identity.New(identity.Config{Pool: p.DB.Pool, Audit: trail{p.now}, Cache: p.Cache, Now: p.now})
		if err != nil {
			return err
		}
		return f(people)
	})
}

// runAccount is `techmarket account create|reset-password|reset-two-factor --account NAME`: the first administrator of a new
// market, and help for an account that nobody on the pages can help. Passwords are read from the terminal.
func runAccount(ctx context.Context, env *environment, args []string) error {
	usage := fault.New(fault.Invalid, "usage", "用法：techmarket account create --account 登录名 --name 姓名 --organisation 单位全称   建立第一位自治区管理员\n"+
		"      techmarket account reset-password|reset-two-factor --account 登录名")
	if len(args) == 0 {
		return usage
	}
	flags := flag.NewFlagSet("account", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	account := flags.String("account", "", "登录名")
	name := flags.String("name", "", "姓名")
	org := flags.String("organisation", "", "单位全称")
	if flags.Parse(args[1:]) != nil || strings.TrimSpace(*account) == "" || flags.NArg() > 0 || (args[0] == "create") == (*name == "" || *org == "") {
		return usage
	}
	var act func(*identity.Service) error
	done := ""
	switch args[0] {
	case "create":
		act = func(people *identity.Service) error {
			if err := createFirst(ctx, people, *account, *name, *org); err != nil {
				return err
			}
			return askPassword(ctx, env, people, *account)
		}
		done = "账号 %s 已建立：自治区管理员和本单位管理员。请登录后邀请其他人，并设置两步登录。"
	case "reset-password":
		act = func(people *identity.Service) error { return askPassword(ctx, env, people, *account) }
		done = "%s 的密码已设置，所有设备已退出。"
	case "reset-two-factor":
		act = func(people *identity.Service) error { return people.ResetTwoFactorFor(ctx, *account) }
		done = "%s 的两步登录已关闭，所有设备已退出。请本人登录后重新设置。"
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

// createFirst makes the region's department with its first administrator, who confirms all other organisations. Later
// people are invited on the pages.
func createFirst(ctx context.Context, people *identity.Service, login, name, org string) error {
	found, err := people.FindOrganisations(ctx, operator(), identity.OrganisationFilter{Text: org, Limit: 100})
	if err != nil {
		return err
	}
	for _, o := range found {
		if o.Name == org {
			return fault.New(fault.Conflict, "organisation_exists", "已经有“"+org+"”这个单位。请它的管理员在网页上邀请新的人。")
		}
	}
	_, err = people.Provision(ctx, []identity.ProvisionOrganisation{{
		Organisation: identity.Organisation{Kind: actor.Government, Name: org, Division: region.Root, State: actor.Confirmed},
		People: []identity.ProvisionPerson{{Person: identity.NewPerson{LoginName: login, DisplayName: name, Password: rand.Text()},
			Roles: []actor.Role{actor.OrgAdmin, actor.RegionOfficer}}}}})
	return err
}

// askPassword reads a new password until it is good enough or the input ends.
func askPassword(ctx context.Context, env *environment, people *identity.Service, login string) error {
	in := bufio.NewReader(env.Stdin)
	for {
		fmt.Fprint(env.Stdout, "新密码（至少 12 个字符；输入时会显示）：")
		line, end := in.ReadString('\n')
		err := people.ResetPassword(ctx, login, strings.TrimRight(line, "\r\n"))
		if !fault.Is(err, fault.Invalid) || end != nil {
			fmt.Fprintln(env.Stdout)
			return err
		}
		fmt.Fprintln(env.Stdout, words(err))
	}
}

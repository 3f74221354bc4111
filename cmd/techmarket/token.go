package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/identity"
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

// runAccount is `techmarket account reset-password|reset-two-factor --account NAME`, for an account that nobody on the pages
// can help: the last administrator without phone or password. The new password is read from the terminal.
func runAccount(ctx context.Context, env *environment, args []string) error {
	usage := fault.New(fault.Invalid, "usage", "用法：techmarket account reset-password|reset-two-factor --account 登录名")
	if len(args) == 0 {
		return usage
	}
	flags := flag.NewFlagSet("account", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	account := flags.String("account", "", "登录名")
	if flags.Parse(args[1:]) != nil || strings.TrimSpace(*account) == "" || flags.NArg() > 0 {
		return usage
	}
	switch args[0] {
	case "reset-two-factor":
		return withPeople(ctx, env, func(people *identity.Service) error {
			if err := people.ResetTwoFactorFor(ctx, *account); err != nil {
				return err
			}
			_, err := fmt.Fprintf(env.Stdout, "%s 的两步登录已关闭，所有设备已退出。请本人登录后重新设置。\n", *account)
			return err
		})
	case "reset-password":
		return withPeople(ctx, env, func(people *identity.Service) error {
			fmt.Fprint(env.Stdout, "新密码（输入时会显示）：")
			line, err := bufio.NewReader(env.Stdin).ReadString('\n')
			if err != nil && err != io.EOF {
				return err
			}
			if err := people.ResetPassword(ctx, *account, strings.TrimRight(line, "\r\n")); err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Stdout, "\n%s 的密码已设置，所有设备已退出。\n", *account)
			return err
		})
	}
	return usage
}

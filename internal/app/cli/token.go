package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/people/identity"
)

// runToken is `techmarket token create --account NAME [--name …] [--scopes …]`: a bearer token for the API, printed this once. The
// person it acts for can see and revoke it on the page 账号与单位.
func runToken(ctx context.Context, env *app.Environment, args []string) error {
	usage := fault.New(
		fault.Invalid,
		"usage",
		"用法：techmarket token create --account 登录名 [--name 用途] [--scopes market:read,market:write]   不写 --scopes 时只能读取",
	)
	if len(args) == 0 || args[0] != "create" {
		return usage
	}
	flags := flag.NewFlagSet("token create", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	account := flags.String("account", "", "登录名")
	name := flags.String("name", "命令行新建", "用途")
	scopes := flags.String("scopes", "", "可以做什么，逗号分隔")
	if flags.Parse(args[1:]) != nil || strings.TrimSpace(*account) == "" || flags.NArg() > 0 {
		return usage
	}
	return withPeople(ctx, env, func(people *identity.Service) error {
		secret, err := people.CreateTokenFor(
			ctx,
			*account,
			*name,
			strings.FieldsFunc(*scopes, func(r rune) bool { return r == ',' || r == ' ' })...)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Stdout, secret)
		return err
	})
}

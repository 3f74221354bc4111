// Package cli is the command line of the market: a file for each command and the dispatcher. A command reads its flags, opens what
// it needs through package app, calls the rooms and prints. It holds no rule of the market.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"techmarket/internal/app"
)

// command is one subcommand.
type command struct {
	name, usage string
	run         func(ctx context.Context, env *app.Environment, args []string) error
}

// commands lists every subcommand in the order a newcomer needs them.
func commands() []command {
	return []command{
		{"serve", "运行市场（--demo：空库时先装入样例市场）", runServe},
		{"migrate", "把数据库升级到本程序的版本", runMigrate},
		{"demo", "装入或删除样例市场：demo load|remove", runDemo},
		{"import", "从文件导入" + kindLabels("或") + "：import " + kindPaths() + " 文件", runImport},
		{"export", "把公开的" + kindLabels("、") + "或登记写成文件：export " + kindPaths() + "|registrations 文件", runExport},
		{"match", "为需求找成果，或为成果找需求：match --demand 编号", runMatch},
		{"reindex", "重建搜索索引（--check：与数据库比较并修补）", runReindex},
		{"verify", "核验登记簿、证明和审计记录（verify 文件：离线核验导出的登记簿）", runVerify},
		{"backup", "把整个市场备份成一个文件：backup 文件.zip", runBackup},
		{"restore", "从备份恢复到空的数据目录和空库：restore 文件.zip", runRestore},
		{"keys", "更换签名密钥：keys rotate", runKeys},
		{"rotate-keys", "更换数据密钥，并把已加密的资料换到新密钥", runRotateKeys},
		{"assess", "按认定规则判断一批申请：assess 文件（每行一个 JSON；- 为标准输入）", func(ctx context.Context, env *app.Environment, args []string) error {
			return runAssess(ctx, args, env.Stdin, env.Stdout, env.Stderr)
		}},
		{"replay", "按规则重算一批已存的事实：replay 种类 文件（每行一个 JSON；- 为标准输入）", func(ctx context.Context, env *app.Environment, args []string) error {
			return runReplay(ctx, args, env.Stdin, env.Stdout)
		}},
		{"eval", "测量搜索与匹配质量：eval --corpus 文件 --queries 文件", func(ctx context.Context, env *app.Environment, args []string) error {
			return runEval(ctx, args, env.Stdout, env.Stderr)
		}},
		{"token", "新建开放接口的令牌：token create --account 登录名", runToken},
		{"account", "第一位管理员：account create；救急：account reset-password|reset-two-factor", runAccount},
		{"doctor", "检查环境和配置，指出问题和办法", runDoctor},
		{"version", "显示版本", runVersion},
	}
}

// exitCode is an error that carries its own exit status and has already been told to the person.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit %d", int(c)) }

// Run picks the command and turns its error into words and an exit status: 0 done, 1 failed, 2 wrongly called.
func Run(ctx context.Context, env *app.Environment, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(env.Stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, env, args[1:])
		var code exitCode
		switch {
		case err == nil:
			return 0
		case errors.As(err, &code):
			return int(code)
		}
		fmt.Fprintln(env.Stderr, "techmarket "+c.name+"："+app.Words(err))
		return 1
	}
	fmt.Fprintf(env.Stderr, "没有“%s”这个命令。", args[0])
	if near := app.Nearest(args[0], commandNames()); near != "" {
		fmt.Fprintf(env.Stderr, "是不是想用 %s？", near)
	}
	fmt.Fprint(env.Stderr, "\n\n")
	usage(env.Stderr)
	return 2
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

func usage(w io.Writer) {
	fmt.Fprint(w, "科技大市场\n\n用法：techmarket 命令 [参数]\n\n命令：\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.usage)
	}
	fmt.Fprint(w, "\n配置只用环境变量，见 README.md；techmarket doctor 会检查它们。\n")
}

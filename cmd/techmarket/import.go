package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/people/identity"
)

// unowned is the organisation that holds imported listings nobody claimed yet; an officer can see them all under one name.
const unowned = "导入资料（未归属）"

// runImport brings listings in from a file: a dry run first, then, after a yes, the import with its progress.
func runImport(ctx context.Context, env *environment, args []string) error {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	org := flags.String("org", "", "归属单位的全称；不填归到“"+unowned+"”，没有这个单位时自动建立")
	draft := flags.Bool("draft", false, "只导入为草稿，不直接发布")
	yes := flags.Bool("yes", false, "检查后不再询问，直接导入")
	flags.Usage = func() {
		fmt.Fprint(env.Stderr, "用法：techmarket import achievements|demands 文件 [参数]\n文件为 .xlsx、.csv 或 .jsonl；先检查并报告，确认后导入。有问题的行不导入，不影响其他行；同一文件导入两次不会重复。\n")
		flags.PrintDefaults()
	}
	words, err := parseMixed(flags, args)
	if err != nil {
		return exitCode(2)
	}
	kinds := map[string]listing.Kind{"achievements": achievement.Kind, "demands": demand.Kind}
	if len(words) != 2 || kinds[words[0]] == "" {
		flags.Usage()
		return exitCode(2)
	}
	kind := kinds[words[0]]
	file, err := os.Open(words[1])
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "file_unreadable", "打不开文件 "+words[1]+"，请检查路径和权限。")
	}
	defer file.Close()
	return withServices(ctx, env, func(s *services) error {
		return s.importFile(ctx, env, file, importing{kind: kind, name: filepath.Base(words[1]), org: *org, draft: *draft, yes: *yes})
	})
}

// importing says what to do with a file.
type importing struct {
	kind       listing.Kind
	name, org  string
	draft, yes bool
}

// importFile checks, asks and imports; where no market runs beside, it also brings the search index up to date.
func (s *services) importFile(ctx context.Context, env *environment, body io.Reader, in importing) error {
	owner, err := s.importOwner(ctx, in.org)
	if err != nil {
		return err
	}
	batch, err := s.importer.CheckAsOperator(ctx, 0, importer.Upload{Kind: in.kind, Name: in.name, Body: body, OrgID: owner.ID, Publish: !in.draft})
	if err != nil {
		return err
	}
	reportCheck(env, batch, owner.Name)
	if batch.Good == 0 {
		return fault.New(fault.Invalid, "import_empty", "文件里没有可以导入的行，请按上面的提示改好后再导入。")
	}
	if !in.yes && !confirmed(env, fmt.Sprintf("导入这 %d 行吗？", batch.Good)) {
		fmt.Fprintln(env.Stdout, "没有导入，什么也没有改动。")
		return nil
	}
	started := time.Now()
	bar := newProgress(env.Stdout)
	done, err := s.importer.RunNow(ctx, batch.ID, func(done, total int) { bar.at("导入", done, total, "") })
	if err != nil {
		return err
	}
	if done.State == importer.Failed {
		return fault.New(fault.Conflict, "import_failed", done.Report.Problems[0].Message)
	}
	fmt.Fprintf(env.Stdout, "已导入：新建 %d 条，更新 %d 条，没有变化 %d 条。\n", done.Created, done.Updated, done.Unchanged)
	if s.platform.Attached {
		fmt.Fprintln(env.Stdout, "正在运行的市场会在后台更新搜索索引。")
	} else {
		fmt.Fprintln(env.Stdout, "正在更新搜索索引……")
		if err := s.queue.Drain(ctx); err != nil { // a job of another room that failed is tried again by the running market
			s.platform.log.Warn("jobs left for the market", "error", err.Error())
			fmt.Fprintln(env.Stdout, "有后台任务没有完成，市场启动后会继续；原因见日志。")
		}
		if err := s.learn(ctx, false); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "完成，用时 %d 秒。\n", int(time.Since(started).Round(time.Second).Seconds()))
	return nil
}

// parseMixed parses flags before, between and after the other words.
func parseMixed(flags *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

// operator is who works on the server: it sees what the region's officer sees and stands in no history.
func operator() actor.Actor {
	return actor.Actor{AccountID: -1, Roles: []actor.Role{actor.RegionOfficer}}
}

// importOwner finds the organisation of that name; "" is the one for unclaimed material, made when it is missing.
func (s *services) importOwner(ctx context.Context, name string) (identity.Organisation, error) {
	wanted := name
	if wanted == "" {
		wanted = unowned
	}
	found, err := s.identity.FindOrganisations(ctx, operator(), identity.OrganisationFilter{Text: wanted, Limit: 100})
	if err != nil {
		return identity.Organisation{}, err
	}
	var exact []identity.Organisation
	for _, o := range found {
		if o.Name == wanted {
			exact = append(exact, o)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) > 1:
		return identity.Organisation{}, fault.Newf(fault.Conflict, "org_ambiguous", "有 %d 个单位都叫“%s”，请先把名称改得不同。", len(exact), wanted)
	case name != "":
		message := "没有叫“" + name + "”的单位，请核对全称，或先请该单位注册。"
		if len(found) > 0 {
			message += "名称相近的有“" + found[0].Name + "”。"
		}
		return identity.Organisation{}, fault.New(fault.NotFound, "organisation", message)
	}
	o := identity.Organisation{Kind: actor.Agency, Name: unowned, Division: region.Root, State: actor.Confirmed,
		Profile: identity.OrgProfile{Introduction: "由运行人员批量导入、尚未归属到具体单位的资料。"}}
	// Nobody signs in here: the password is random and told to nobody.
	made, err := s.identity.Provision(ctx, []identity.ProvisionOrganisation{{Organisation: o, People: []identity.ProvisionPerson{{
		Person: identity.NewPerson{LoginName: "import-owner", DisplayName: "导入资料管理员", Password: rand.Text()}, Roles: []actor.Role{actor.OrgAdmin, actor.Member}}}}})
	if err != nil {
		return o, err
	}
	o.ID = made[0].OrgID
	return o, nil
}

// reportCheck prints what the dry run found, each problem with its cell.
func reportCheck(env *environment, b importer.Batch, owner string) {
	fmt.Fprintf(env.Stdout, "检查 %s：%d 行，可以导入 %d 行，有问题 %d 行。归属单位：%s。\n", b.FileName, b.Rows, b.Good, b.Bad, owner)
	const most = 20
	list := func(title string, problems []importer.Problem, count int) {
		if count == 0 {
			return
		}
		fmt.Fprintln(env.Stdout, title)
		for _, p := range problems[:min(most, len(problems))] {
			fmt.Fprintf(env.Stdout, "  %s  %s\n", p.Cell, p.Message)
		}
		if count > most {
			fmt.Fprintf(env.Stdout, "  ……还有 %d 处\n", count-most)
		}
	}
	list("不能导入的行：", b.Report.Problems, b.Report.ProblemCount)
	list("请留意（照样导入）：", b.Report.Warnings, b.Report.WarningCount)
	if len(b.Report.Ignored) > 0 {
		fmt.Fprintf(env.Stdout, "没有用到的列：%s\n", strings.Join(b.Report.Ignored, "、"))
	}
}

// confirmed asks a question on the terminal; anything but a yes is a no.
func confirmed(env *environment, question string) bool {
	fmt.Fprint(env.Stdout, question+"输入 y 继续：")
	answer, _ := bufio.NewReader(env.Stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "是":
		return true
	}
	return false
}

package cli

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

	"techmarket/internal/app"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/region"
	"techmarket/internal/market/listing"
	"techmarket/internal/market/listing/importer"
	"techmarket/internal/people/identity"
)

// unowned is the organisation that holds imported listings nobody claimed yet; an officer can see them all under one name.
const unowned = "导入资料（未归属）"

// runImport brings listings in from a file: a dry run first, then, after a yes, the import with its progress.
func runImport(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	org := flags.String("org", "", "归属单位的全称；不填归到“"+unowned+"”，没有这个单位时自动建立")
	draft := flags.Bool("draft", false, "只导入为草稿，不直接发布")
	yes := flags.Bool("yes", false, "检查后不再询问，直接导入")
	flags.Usage = func() {
		fmt.Fprint(env.Stderr, "用法：techmarket import "+kindPaths()+" 文件 [参数]\n"+
			"文件为 .xlsx、.csv 或 .jsonl；先检查并报告，确认后导入。有问题的行不导入，不影响其他行；同一文件导入两次不会重复。\n")
		flags.PrintDefaults()
	}
	words, err := parseMixed(flags, args)
	if err != nil {
		return exitCode(2)
	}
	if len(words) != 2 {
		flags.Usage()
		return exitCode(2)
	}
	kind, known := kindAt(words[0])
	if !known {
		flags.Usage()
		return exitCode(2)
	}
	file, err := os.Open(words[1])
	if err != nil {
		return fault.Wrapf(err, fault.NotFound, "file_unreadable", "打不开文件 %s，请检查路径和权限。", words[1])
	}
	defer file.Close()
	return withServices(ctx, env, func(s *app.Services) error {
		return ImportFile(ctx, s, env, file, Importing{Kind: kind.Kind, Name: filepath.Base(words[1]), org: *org, draft: *draft, Yes: *yes})
	})
}

// Importing says what to do with a file.
type Importing struct {
	Kind       listing.Kind
	Name, org  string
	draft, Yes bool
}

// ImportFile checks, asks and imports; where no market runs beside, it also brings the search index up to date.
func ImportFile(ctx context.Context, s *app.Services, env *app.Environment, body io.Reader, in Importing) error {
	owner, err := importOwner(ctx, s, in.org)
	if err != nil {
		return err
	}
	batch, err := s.Importer.CheckAsOperator(ctx, 0, importer.Upload{Kind: in.Kind, Name: in.Name, Body: body, OrgID: owner.ID,
		Publish: !in.draft})
	if err != nil {
		return err
	}
	reportCheck(env, batch, owner.Name)
	if batch.Good == 0 {
		return fault.New(fault.Invalid, "import_empty", "文件里没有可以导入的行，请按上面的提示改好后再导入。")
	}
	if !in.Yes && !confirmed(env, fmt.Sprintf("导入这 %d 行吗？", batch.Good)) {
		fmt.Fprintln(env.Stdout, "没有导入，什么也没有改动。")
		return nil
	}
	started := time.Now()
	bar := app.NewProgress(env.Stdout)
	done, err := s.Importer.RunNow(ctx, batch.ID, func(done, total int) { bar.At("导入", done, total, "") })
	if err != nil {
		return err
	}
	if done.State == importer.Failed {
		return fault.Newf(fault.Conflict, "import_failed", "%s", done.Report.Problems[0].Message)
	}
	fmt.Fprintf(env.Stdout, "已导入：新建 %d 条，更新 %d 条，没有变化 %d 条。\n", done.Created, done.Updated, done.Unchanged)
	if s.Platform.Attached {
		fmt.Fprintln(env.Stdout, "正在运行的市场会在后台更新搜索索引。")
	} else {
		fmt.Fprintln(env.Stdout, "正在更新搜索索引……")
		if err := s.Queue.Drain(ctx); err != nil { // a job of another room that failed is tried again by the running market
			s.Platform.Log.Warn("jobs left for the market", "error", err.Error())
			fmt.Fprintln(env.Stdout, "有后台任务没有完成，市场启动后会继续；原因见日志。")
		}
		if err := s.Learn(ctx, false); err != nil {
			return err
		}
	}
	fmt.Fprintf(env.Stdout, "完成，用时 %d 秒。\n", int(time.Since(started).Round(time.Second).Seconds()))
	return nil
}

// importOwner finds the organisation of that name; "" is the one for unclaimed material, made when it is missing.
func importOwner(ctx context.Context, s *app.Services, name string) (identity.Organisation, error) {
	wanted := name
	if wanted == "" {
		wanted = unowned
	}
	found, err := s.Identity.FindOrganisations(ctx, operator(), identity.OrganisationFilter{Text: wanted, Limit: 100})
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
		if len(found) > 0 {
			return identity.Organisation{}, fault.Newf(fault.NotFound, "organisation",
				"没有叫“%s”的单位，请核对全称，或先请该单位注册。名称相近的有“%s”。", name, found[0].Name)
		}
		return identity.Organisation{}, fault.Newf(fault.NotFound, "organisation", "没有叫“%s”的单位，请核对全称，或先请该单位注册。", name)
	}
	o := identity.Organisation{Kind: actor.Agency, Name: unowned, Division: region.Root, State: actor.Confirmed,
		Profile: identity.OrgProfile{Introduction: "由运行人员批量导入、尚未归属到具体单位的资料。"}}
	// Nobody signs in here: the password is random and told to nobody.
	made, err := s.Identity.Provision(ctx, []identity.ProvisionOrganisation{{Organisation: o, People: []identity.ProvisionPerson{{
		Person: identity.NewPerson{LoginName: "import-owner", DisplayName: "导入资料管理员", Password: rand.Text()},
		Roles:  []actor.Role{actor.OrgAdmin, actor.Member}}}}})
	if err != nil {
		return o, err
	}
	o.ID = made[0].OrgID
	return o, nil
}

// reportCheck prints what the dry run found, each problem with its cell.
func reportCheck(env *app.Environment, b importer.Batch, owner string) {
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
	if len(b.Report.Kept) > 0 {
		fmt.Fprintf(env.Stdout, "放进背景的列：%s\n", strings.Join(b.Report.Kept, "、"))
	}
	if len(b.Report.Ignored) > 0 {
		fmt.Fprintf(env.Stdout, "没有用到的列：%s\n", strings.Join(b.Report.Ignored, "、"))
	}
}

// confirmed asks a question on the terminal; anything but a yes is a no.
func confirmed(env *app.Environment, question string) bool {
	fmt.Fprint(env.Stdout, question+"输入 y 继续：")
	answer, _ := bufio.NewReader(env.Stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "是":
		return true
	}
	return false
}

package cli

import (
	"fmt"
	"os"

	"techmarket/internal/app"
	"techmarket/internal/certify/archive"
	"techmarket/internal/foundation/fault"
)

// VerifyArchive checks the archive of one registration, or a yearly bundle of them, without any database, and names the roots that its
// proofs end in.
func VerifyArchive(env *app.Environment, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fault.Wrapf(err, fault.NotFound, "file_unreadable", "打不开文件 %s，请检查路径和权限。", path)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("verify archive: %w", err)
	}
	if archive.IsBundle(file, info.Size()) {
		report, err := archive.VerifyBundle(file, info.Size())
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "年度档案：%s %d 年，%d 项登记的档案全部完整。\n", report.Point, report.Year, len(report.Archives))
		for _, missing := range report.Missing {
			fmt.Fprintf(env.Stdout, "  未装入 %s\n", missing)
		}
		for _, one := range report.Archives {
			tellArchive(env, one)
		}
		return nil
	}
	report, err := archive.Verify(file, info.Size())
	if err != nil {
		return err
	}
	tellArchive(env, report)
	return nil
}

func tellArchive(env *app.Environment, report archive.Report) {
	fmt.Fprintf(env.Stdout, "档案：登记编号 %s，%d 个文件完整，%d 条登记簿记录在签名的根之下。\n", report.Number, report.Files, report.Rows)
	if report.Cover {
		fmt.Fprintln(env.Stdout, "  封面和目录与装入的文件一致。")
	}
	if report.Sample {
		fmt.Fprintln(env.Stdout, "  样例数据，不具有任何效力。")
	}
	for _, v := range report.Versions {
		fmt.Fprintf(env.Stdout, "  %s\n", v)
	}
	for _, r := range report.Roots {
		fmt.Fprintf(env.Stdout, "  请与公布的根核对：%d:%s（密钥 %s）\n", r.Size, r.Root, r.KeyID)
	}
}

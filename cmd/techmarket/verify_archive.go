package main

import (
	"fmt"
	"os"

	"techmarket/internal/certify/registry"
	"techmarket/internal/foundation/fault"
)

// verifyArchive checks the archive of one registration, without any database, and names the roots that its proofs end in.
func verifyArchive(env *environment, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "file_unreadable", "打不开文件 "+path+"，请检查路径和权限。")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("verify archive: %w", err)
	}
	report, err := registry.VerifyArchive(file, info.Size())
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "档案：登记编号 %s，%d 个文件完整，%d 条登记簿记录在签名的根之下。\n", report.Number, report.Files, report.Rows)
	if report.Sample {
		fmt.Fprintln(env.Stdout, "  样例数据，不具有任何效力。")
	}
	for _, v := range report.Versions {
		fmt.Fprintf(env.Stdout, "  %s\n", v)
	}
	for _, r := range report.Roots {
		fmt.Fprintf(env.Stdout, "  请与公布的根核对：%d:%s（密钥 %s）\n", r.Size, r.Root, r.KeyID)
	}
	return nil
}

package cli

import (
	"context"
	"fmt"

	"techmarket/internal/app"
)

// runKeys changes the key that signs certificates and roots.
func runKeys(ctx context.Context, env *app.Environment, args []string) error {
	if len(args) != 1 || args[0] != "rotate" {
		fmt.Fprint(env.Stderr, "用法：techmarket keys rotate\n  换一把新的签名密钥：旧密钥为它背书，登记簿记下这一行；旧证明和旧的根仍然有效。\n")
		return exitCode(2)
	}
	return withServices(ctx, env, func(s *app.Services) error {
		id, err := s.Ledger.Rotate(ctx)
		if err != nil {
			return err
		}
		// The root over the change is signed at once, so that it is published with the next certificate.
		if _, _, err := s.Ledger.SignRoot(ctx); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "新密钥 %s 已启用，在数据目录的 keys 里。请马上备份这个文件夹：丢了密钥就不能再签发证明。\n", id)
		return nil
	})
}

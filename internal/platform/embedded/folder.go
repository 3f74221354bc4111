package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"techmarket/internal/foundation/fault"
)

// Folder is a data folder this process alone uses.
type Folder struct {
	Path string // absolute
	lock *os.File
}

// Claim creates the data folder when missing and takes its lock, which the kernel releases however this process ends.
//
// Faults (Unavailable): folder_in_use naming the other process, folder_denied, disk_full.
func Claim(path string) (*Folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("claim data folder: %w", err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil, deniedFault(path, err)
		}
		return nil, diskFault("claim data folder", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil, deniedFault(path, err)
		}
		return nil, diskFault("claim data folder", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(lock, 20))
		_ = lock.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("claim data folder: %w", err)
		}
		return nil, fault.Newf(fault.Unavailable, "folder_in_use",
			"数据目录 %s 正被另一个 techmarket 使用（进程号 %s）。请先停止它（在它的窗口按 Ctrl-C），或用 TECHMARKET_DATA 换一个目录。",
			path, strings.TrimSpace(string(holder)))
	}
	err = lock.Truncate(0)
	if err == nil {
		_, err = lock.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	if err != nil {
		_ = lock.Close()
		return nil, diskFault("claim data folder", err)
	}
	return &Folder{Path: path, lock: lock}, nil
}

// Release gives the folder back.
func (f *Folder) Release() { _ = f.lock.Close() }

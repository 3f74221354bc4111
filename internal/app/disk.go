package app

import (
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"techmarket/internal/foundation/fault"
)

// FreeMB is the space left where the path is or will be: the nearest folder that exists.
func FreeMB(path string) (uint64, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	var st syscall.Statfs_t
	for syscall.Statfs(full, &st) != nil && full != filepath.Dir(full) {
		full = filepath.Dir(full)
	}
	return st.Bavail * uint64(st.Bsize) >> 20, nil
}

// reserveMB is kept free for the database's log: PostgreSQL stops altogether when that cannot be written, so people's
// writing is refused before.
const reserveMB = 96

// RoomToWrite tells whether the data folder's disk has more than the reserve. Asked with every form, it looks once a second.
func RoomToWrite(folder string, now func() time.Time) func() error {
	var mu sync.Mutex
	var looked time.Time
	var said error
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if t := now(); t.Sub(looked) >= time.Second {
			looked, said = t, nil
			if free, err := FreeMB(folder); err == nil && free < reserveMB {
				said = fault.New(fault.Unavailable, "disk_full", "服务器磁盘快满了，暂时只能查看，不能保存。请联系系统管理员清理磁盘，然后重新提交。")
			}
		}
		return said
	}
}

package embedded

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"techmarket/internal/foundation/fault"
)

// account is the ordinary user that runs PostgreSQL when we are root; nil means ourselves.
type account struct{ uid, gid uint32 }

// serverAccount picks who runs the server: ourselves unless root; as root the owner of an existing cluster
// (so that a folder first used by an ordinary user keeps working), otherwise nobody.
func serverAccount(cluster string) (*account, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	if cluster != "" {
		if info, err := os.Stat(cluster); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
				return &account{st.Uid, st.Gid}, nil
			}
		}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "no_ordinary_user",
			"PostgreSQL 不能以 root 运行，而本机没有 nobody 用户。请用普通用户启动，或用 DATABASE_URL 指向已有的数据库。")
	}
	uid, err1 := strconv.ParseInt(nobody.Uid, 10, 64)
	gid, err2 := strconv.ParseInt(nobody.Gid, 10, 64)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("server account: uid %q gid %q", nobody.Uid, nobody.Gid)
	}
	return &account{uint32(uid), uint32(gid)}, nil
}

// reaches reports whether the account can enter every folder down to and including dir.
func (a *account) reaches(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return false
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return false
		}
		bit := fs.FileMode(0o001)
		switch {
		case st.Uid == a.uid:
			bit = 0o100
		case st.Gid == a.gid:
			bit = 0o010
		}
		if info.Mode().Perm()&bit == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}

// give hands a folder to the account; nothing to do when we are the account.
func (a *account) give(dir string) error {
	if a == nil {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

func ownedBy(info fs.FileInfo, uid int) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == uid
}

package cli

import (
	"io"
	"os"
	"path/filepath"

	"techmarket/internal/foundation/fault"
)

// unusedName refuses a file that is there, before any work is done for it.
func unusedName(path string) error {
	if _, err := os.Stat(path); err == nil {
		return fault.Newf(fault.Conflict, "file_exists", "文件 %s 已经存在，不会覆盖。请换一个名字。", path)
	}
	return nil
}

// writeNew writes a file beside its name and links it into place, so that no half file carries the name.
func writeNew(path string, write func(io.Writer) error) error {
	out, err := os.CreateTemp(filepath.Dir(path), ".techmarket-")
	if err != nil {
		return fault.Wrapf(err, fault.Unavailable, "file_unwritable", "不能写入 %s，请检查目录和权限。", filepath.Dir(path))
	}
	defer os.Remove(out.Name())
	defer out.Close()
	if err := write(out); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return os.Link(out.Name(), path) // not Rename: it would replace what somebody put there meanwhile
}

package cli

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/postgres"
)

func runRestore(ctx context.Context, env *app.Environment, args []string) error {
	if len(args) != 1 || strings.HasPrefix(args[0], "-") {
		fmt.Fprintln(env.Stderr, "用法：techmarket restore 文件.zip   恢复到空的数据目录和空的数据库")
		return exitCode(2)
	}
	archive, m, err := openBackup(args[0])
	if err != nil {
		return err
	}
	defer archive.Close()
	c, err := app.LoadConfig(env)
	if err != nil {
		return err
	}
	if err := unusedFolder(c.Data); err != nil {
		return err
	}
	p, err := app.OpenPlatform(ctx, env, c, false)
	if err != nil {
		return err
	}
	if err := errors.Join(restore(ctx, p, archive, m), p.Close(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "已恢复 %s 的备份：%d 张表、%d 个文件。", m.MadeAt.Format("2006-01-02 15:04"), len(m.Tables), m.Files)
	if !m.Keys {
		fmt.Fprintf(env.Stdout, "备份里没有签名密钥：启动前请把原来的密钥文件放回 %s。", filepath.Join(c.Data, "keys"))
	}
	fmt.Fprintln(env.Stdout, "\n请运行 techmarket verify 核验登记簿，再启动；搜索索引在启动时自动重建。")
	return nil
}

// openBackup reads the manifest. An archive without one was cut off or is something else.
func openBackup(path string) (*zip.ReadCloser, manifest, error) {
	var m manifest
	archive, err := zip.OpenReader(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission):
		return nil, m, fault.Wrapf(err, fault.NotFound, "file_unreadable", "打不开文件 %s，请检查路径和权限。", path)
	case err != nil:
		return nil, m, fault.Wrapf(err, fault.Invalid, "backup_broken", "%s 不是完整的备份文件。请换一份备份。", path)
	}
	raw, err := fs.ReadFile(archive, backupManifest)
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil || m.Format != backupFormat {
		_ = archive.Close()
		return nil, m, fault.Wrapf(err, fault.Invalid, "backup_broken", "%s 不是 techmarket backup 制作的备份。请换一份备份。", path)
	}
	return archive, m, nil
}

// unusedFolder refuses a data folder in which a market has kept anything.
func unusedFolder(data string) error {
	for _, pattern := range []string{"keys/*.pem", "files/??/*", "search/*"} {
		found, err := filepath.Glob(filepath.Join(data, pattern))
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return fault.Newf(fault.Conflict, "folder_used", "数据目录 %s 里已有一个市场，不会覆盖。请用 TECHMARKET_DATA 指定一个空目录。", data)
		}
	}
	return nil
}

// restore puts contents and keys in place before the rows that name them become visible: the commit is the last step, and
// contents without rows are swept away later.
func restore(ctx context.Context, p *app.Platform, archive fs.FS, m manifest) error {
	unused, err := postgres.Unused(ctx, p.DB)
	if err != nil {
		return err
	}
	if !unused {
		return fault.New(fault.Conflict, "database_used", "数据库里已有一个市场，不会覆盖。请让 DATABASE_URL 指向一个空库，或用 TECHMARKET_DATA 指定一个空目录。")
	}
	load := func(db *postgres.DB) error {
		return postgres.Load(ctx, db, m.Dumped, func(table string) (io.ReadCloser, error) { return archive.Open("tables/" + table) },
			func() error { return errors.Join(restoreFiles(ctx, p, archive, m.Files), restoreKeys(p, archive)) })
	}
	if p.Role.Plain() {
		err = p.AsOwner(ctx, load)
	} else {
		err = load(p.DB)
	}
	if err != nil { // the folder held neither before, see unusedFolder
		_ = os.RemoveAll(filepath.Join(p.Config.Data, "files"))
		_ = os.RemoveAll(filepath.Join(p.Config.Data, "keys"))
	}
	if errors.Is(err, zip.ErrChecksum) || errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(err, fault.Invalid, "backup_broken", "备份文件已损坏，什么也没有恢复。请换一份备份。")
	}
	return err
}

func restoreFiles(ctx context.Context, p *app.Platform, archive fs.FS, want int) error {
	names, err := fs.Glob(archive, "files/*")
	if err != nil {
		return err
	}
	if len(names) != want {
		return fault.Newf(fault.Invalid, "backup_broken", "备份不完整：应有 %d 个文件，只有 %d 个。请换一份备份。", want, len(names))
	}
	for _, name := range names {
		r, err := archive.Open(name)
		if err != nil {
			return err
		}
		digest := strings.TrimPrefix(name, "files/")
		content, err := p.Files.Keep(ctx, digest, "", r)
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
		if content.Digest != digest {
			return fault.Newf(fault.Invalid, "backup_broken", "备份里的文件 %s 已损坏。请换一份备份。", digest)
		}
	}
	return nil
}

func restoreKeys(p *app.Platform, archive fs.FS) error {
	names, err := fs.Glob(archive, "keys/*.pem")
	if err != nil || len(names) == 0 {
		return err
	}
	if err := os.MkdirAll(filepath.Join(p.Config.Data, "keys"), 0o700); err != nil {
		return err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(archive, name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(p.Config.Data, filepath.FromSlash(name)), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}

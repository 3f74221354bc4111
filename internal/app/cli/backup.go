package cli

import (
	"archive/zip"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/platform/files"
	"techmarket/internal/platform/postgres"
)

// A backup is one zip: tables/NAME in COPY text, files/DIGEST, keys/NAME, and manifest.json, written last, so that an archive
// that was cut off has none. Zip keeps a checksum of every entry. The search index is not in it: it is rebuilt from the database.
const (
	backupFormat   = "techmarket-backup-1"
	backupManifest = "manifest.json"
)

type manifest struct {
	Format  string    `json:"format"`
	Program string    `json:"program"`
	MadeAt  time.Time `json:"madeAt"`
	Keys    bool      `json:"keys"`  // the signing keys are in it
	Files   int       `json:"files"` // contents, each named by its SHA-256
	postgres.Dumped
}

func runBackup(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	without := flags.Bool("without-keys", false, "不带签名密钥（密钥另行保管时）")
	words, err := parseMixed(flags, args)
	if err != nil || len(words) != 1 {
		fmt.Fprintln(env.Stderr, "用法：techmarket backup [--without-keys] 文件.zip")
		return exitCode(2)
	}
	if err := unusedName(words[0]); err != nil {
		return err
	}
	return withPlatform(ctx, env, func(p *app.Platform) error {
		m, err := backup(ctx, p, words[0], !*without)
		if err != nil {
			return err
		}
		var rows int64
		for _, t := range m.Tables {
			rows += t.Rows
		}
		fmt.Fprintf(env.Stdout, "已备份到 %s：%d 张表、%d 行、%d 个文件", words[0], len(m.Tables), rows, m.Files)
		if m.Keys {
			fmt.Fprint(env.Stdout, "，含签名密钥，请像密码一样保管")
		}
		fmt.Fprintln(env.Stdout, "。")
		return nil
	})
}

func backup(ctx context.Context, p *app.Platform, path string, withKeys bool) (m manifest, err error) {
	m = manifest{Format: backupFormat, Program: app.Version(), MadeAt: p.Now(), Keys: withKeys}
	err = writeNew(path, func(out io.Writer) error {
		archive := zip.NewWriter(out)
		archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
		m.Dumped, err = postgres.Dump(ctx, p.DB, func(table string) (io.Writer, error) { return archive.Create("tables/" + table) },
			func(tx pgx.Tx) error { m.Files, err = backupFiles(ctx, p, tx, archive); return err })
		if err == nil && withKeys {
			err = backupKeys(filepath.Join(p.Config.Data, "keys"), archive)
		}
		if err == nil {
			var w io.Writer
			if w, err = archive.Create(backupManifest); err == nil {
				err = json.NewEncoder(w).Encode(m)
			}
		}
		return errors.Join(err, archive.Close())
	})
	if err != nil {
		return manifest{}, fmt.Errorf("backup: %w", err)
	}
	return m, nil
}

func backupFiles(ctx context.Context, p *app.Platform, tx pgx.Tx, archive *zip.Writer) (n int, err error) {
	digests, err := files.Digests(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, digest := range digests {
		r, err := p.Files.Open(files.File{Digest: digest})
		if err != nil {
			return n, err
		}
		w, err := archive.Create("files/" + digest)
		if err == nil {
			_, err = io.Copy(w, r)
		}
		if err = errors.Join(err, r.Close()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func backupKeys(folder string, archive *zip.Writer) error {
	names, err := filepath.Glob(filepath.Join(folder, "*.pem"))
	if err != nil {
		return err
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		w, err := archive.Create("keys/" + filepath.Base(name))
		if err != nil {
			return err
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

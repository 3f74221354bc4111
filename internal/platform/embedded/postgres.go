// Package embedded runs the market's outside parts inside its own data folder: a private PostgreSQL and an
// in-process Redis, so that one command starts everything without root, system packages or a container engine.
//
// It owns finding the server programs, creating the cluster once, starting it (as an ordinary user when we are root),
// recovering what a kill -9 left behind, and stopping it. It knows no table. It refuses a folder that another process
// uses, a cluster of another PostgreSQL version and a full disk, and says each time what to do.
// Linux and macOS only; on Windows run under WSL or set DATABASE_URL.
package embedded

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/fault"
)

// superuser is the cluster's only role. It signs in without a password because the socket lives in a folder that
// nobody but the server's account and root can enter; there is no TCP listener.
const superuser = "techmarket"

// Server is a running private PostgreSQL.
type Server struct {
	options         ServerOptions
	folder, cluster string
	who             *account
	socket          string
	passwords       Passwords // empty until Secure

	mu       sync.Mutex
	exited   chan struct{} // closed once the process is gone
	proc     *os.Process
	stopping bool
}

// ServerOptions says where and how to run a private PostgreSQL.
type ServerOptions struct {
	Binaries  Binaries
	Folder    string // holds the cluster ("cluster"), its log and whatever start needs; created when missing
	Throwaway bool   // tests only: no fsync, nothing survives a crash of the machine
}

// StartServer creates the cluster when the folder is empty, starts PostgreSQL on it and returns once it takes connections.
//
// Faults (all Unavailable): disk_full, cluster_version, folder_denied, postgres_start. A server left over by a killed
// parent is stopped first; a stale postmaster.pid is PostgreSQL's own to recover from.
func StartServer(ctx context.Context, o ServerOptions) (*Server, error) {
	folder, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, diskFault("start postgres", err)
	}
	cluster := filepath.Join(folder, "cluster")
	who, err := serverAccount(cluster)
	if err != nil {
		return nil, err
	}
	if who != nil && !who.reaches(folder) {
		if folder, err = elsewhere(folder); err != nil {
			return nil, err
		}
		cluster = filepath.Join(folder, "cluster")
		if who, err = serverAccount(cluster); err != nil {
			return nil, err
		}
	}
	if err := checkDisk(folder, o.Throwaway); err != nil {
		return nil, err
	}
	if err := initCluster(ctx, o, folder, cluster, who); err != nil {
		return nil, err
	}
	if err := stopLeftover(ctx, cluster); err != nil {
		return nil, err
	}
	if err := openDoor(cluster); err != nil {
		return nil, err
	}
	return launch(ctx, &Server{options: o, folder: folder, cluster: cluster, who: who})
}

// URL is the owner's connection string of one database of the server.
func (s *Server) URL(database string) string { return s.url(superuser, s.passwords.Owner, database) }

func (s *Server) url(user, password, database string) string {
	if password != "" {
		password = " password=" + password
	}
	return fmt.Sprintf("host=%s user=%s%s dbname=%s sslmode=disable", s.socket, user, password, database)
}

// CreateDatabase makes the database unless it exists.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	if err := conn.QueryRow(ctx, `select exists (select 1 from pg_database where datname = $1)`, name).Scan(&exists); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return diskFault("create database", err)
	}
	return nil
}

// Exited is closed when the server process has ended, wanted or not.
func (s *Server) Exited() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exited
}

// Stop shuts the server down cleanly (open sessions are ended); when ctx ends first it stops at once, which costs
// crash recovery at the next start but no committed data.
func (s *Server) Stop(ctx context.Context) error {
	defer os.RemoveAll(s.socket)
	s.mu.Lock()
	s.stopping = true
	proc, exited := s.proc, s.exited
	s.mu.Unlock()
	_ = proc.Signal(syscall.SIGINT)
	select {
	case <-exited:
		return nil
	case <-ctx.Done():
	}
	_ = proc.Signal(syscall.SIGQUIT)
	select {
	case <-exited:
	case <-time.After(5 * time.Second):
		_ = proc.Kill()
		<-exited
	}
	return fmt.Errorf("stop postgres: %w", ctx.Err())
}

// elsewhere gives a reachable folder to a data folder that only root can enter, and leaves a link to it in place.
// The name is random: a data folder deleted and made anew must not find the old market again.
func elsewhere(folder string) (string, error) {
	link := filepath.Join(folder, "elsewhere")
	if target, err := os.Readlink(link); err == nil {
		if _, err := os.Stat(target); err == nil {
			return target, nil
		}
		return "", fault.Newf(fault.Unavailable, "cluster_missing",
			"数据库原来放在 %s，现在那里没有了。请恢复它；确实不要旧数据时，删除 %s 后重新启动。", target, link)
	}
	raw := make([]byte, 6)
	_, _ = rand.Read(raw) // crypto/rand never fails since go1.24
	target := filepath.Join("/var/lib/techmarket", hex.EncodeToString(raw))
	if err := os.MkdirAll(target, 0o755); err != nil {
		return "", diskFault("place cluster", err)
	}
	if err := os.Symlink(target, link); err != nil {
		return "", diskFault("place cluster", err)
	}
	return target, nil
}

// checkDisk refuses to start where PostgreSQL would soon stop with an unclear message: a fresh cluster takes 40 MB, its
// write-ahead log up to 256 MB more.
func checkDisk(folder string, throwaway bool) error {
	var st syscall.Statfs_t
	if err := syscall.Statfs(folder, &st); err != nil {
		return fmt.Errorf("check disk: %w", err)
	}
	need := uint64(300 << 20)
	if throwaway {
		need = 100 << 20
	}
	if free := st.Bavail * uint64(st.Bsize); free < need {
		return fault.Newf(fault.Unavailable, "disk_full",
			"磁盘空间不足：%s 所在磁盘只剩 %d MB，至少需要 %d MB。请清理磁盘，或用 TECHMARKET_DATA 换一个数据目录。", folder, free>>20, need>>20)
	}
	return nil
}

func initCluster(ctx context.Context, o ServerOptions, folder, cluster string, who *account) error {
	version, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	switch {
	case err == nil:
		have := strings.TrimSpace(string(version))
		if have != strconv.Itoa(o.Binaries.Major) {
			return fault.Newf(fault.Unavailable, "cluster_version",
				"数据目录 %s 由 PostgreSQL %s 建立，而找到的程序是 %s（%s）。请把 TECHMARKET_PG_BIN 指向 PostgreSQL %s 的 bin 目录；或用原来的程序备份（techmarket backup），再在新的数据目录恢复。",
				cluster, have, o.Binaries.Text, o.Binaries.Dir, have)
		}
		return nil
	case errors.Is(err, fs.ErrPermission):
		return deniedFault(cluster, err)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("init cluster: %w", err)
	}
	// initdb works beside and moves into place, so that a start cut off half-way leaves nothing that looks like a cluster.
	fresh := cluster + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("init cluster: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return deniedFault(folder, err)
		}
		return diskFault("init cluster", err)
	}
	if err := who.give(fresh); err != nil {
		return fmt.Errorf("init cluster: %w", err)
	}
	// Words sort by code point; names are sorted by pinyin where a query asks for it (collate "zh-Hans-x-icu").
	// C.UTF-8 knows letters beyond ASCII, which pg_trgm needs; where the system lacks it, plain C serves.
	var out []byte
	for _, locale := range []string{"C.UTF-8", "C"} {
		args := []string{"-D", fresh, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=" + locale, "--no-instructions"}
		if o.Throwaway {
			args = append(args, "--no-sync")
		}
		cmd := exec.CommandContext(ctx, filepath.Join(o.Binaries.Dir, "initdb"), args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", serverEnv(), childAttr(who)
		// Pdeathsig follows the thread that started the child: stay on it until initdb is done.
		runtime.LockOSThread()
		out, err = cmd.CombinedOutput()
		runtime.UnlockOSThread()
		if err == nil || !bytes.Contains(out, []byte("invalid locale name")) {
			break
		}
	}
	if err != nil {
		_ = os.RemoveAll(fresh)
		if ctx.Err() != nil {
			return fmt.Errorf("init cluster: %w", ctx.Err())
		}
		cause := fmt.Errorf("init cluster: %w: %s", err, tail(out))
		if diskErr := diskFault("init cluster", cause); fault.HasCode(diskErr, "disk_full") {
			return diskErr
		}
		return fault.Wrapf(cause, fault.Unavailable, "postgres_start", "数据库初始化失败：%s。请运行 techmarket doctor 查看原因。", lastLine(out))
	}
	if err := os.Rename(fresh, cluster); err != nil {
		return fmt.Errorf("init cluster: %w", err)
	}
	return nil
}

func launch(ctx context.Context, s *Server) (*Server, error) {
	// A socket path is limited to about 100 bytes, so it never lives under the data folder.
	sweepSockets()
	socket, err := os.MkdirTemp("/tmp", socketPrefix)
	if err != nil {
		return nil, diskFault("start postgres", err)
	}
	s.socket = socket
	err = s.who.give(socket)
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		_ = os.RemoveAll(socket)
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	return s, nil
}

// start runs the server program and returns once it takes connections.
func (s *Server) start(ctx context.Context) error {
	logPath := filepath.Join(s.folder, "postgres.log")
	mode := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(logPath); err == nil && info.Size() > 10<<20 {
		mode |= os.O_TRUNC
	}
	logFile, err := os.OpenFile(logPath, mode, 0o600)
	if err != nil {
		return diskFault("start postgres", err)
	}
	defer logFile.Close()
	start, _ := logFile.Seek(0, 2)

	//nolint:noctx // the server outlives the start; Stop ends it
	cmd := exec.Command(filepath.Join(s.options.Binaries.Dir, "postgres"), serverArgs(s.options, s.cluster, s.socket)...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", serverEnv(), childAttr(s.who)
	cmd.Stdout, cmd.Stderr = logFile, logFile

	exited := make(chan struct{})
	started := make(chan error)
	go func() {
		// The kernel sends Pdeathsig when the starting thread ends, so this thread stays until the server is gone.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(exited)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.mu.Lock()
	s.proc, s.exited = cmd.Process, exited
	s.mu.Unlock()

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ready(s.cluster, cmd.Process.Pid) {
			return nil
		}
		select {
		case <-exited:
			return startFault(logPath, start)
		case <-ctx.Done():
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			_ = s.Stop(stop)
			return fmt.Errorf("start postgres: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

const socketPrefix = "techmarket-pg-"

// sweepSockets removes the empty socket folders of parents that were killed. Only empty ones can be removed, and none
// so young that its server may still be starting.
func sweepSockets() {
	left, _ := filepath.Glob("/tmp/" + socketPrefix + "*")
	for _, dir := range left {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(dir)
		}
	}
}

func serverArgs(o ServerOptions, cluster, socket string) []string {
	set := []string{
		"listen_addresses=", "unix_socket_directories=" + socket, "unix_socket_permissions=0700",
		"log_timezone=" + clock.ZoneName, "timezone=" + clock.ZoneName, "log_line_prefix=%m [%p] ",
		"huge_pages=off", "jit=off", "max_wal_senders=0", "wal_level=minimal",
	}
	if o.Binaries.Major >= 18 {
		set = append(set, "io_method=sync") // no idle I/O workers
	}
	if o.Throwaway {
		set = append(set, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"shared_buffers=64MB", "max_connections=120", "autovacuum=off", "max_wal_size=1GB")
	} else {
		// What was told saved must survive: fsync, synchronous_commit and full_page_writes stay on (their defaults).
		set = append(set, "shared_buffers=64MB", "max_connections=60", "work_mem=8MB", "maintenance_work_mem=64MB",
			"effective_cache_size=512MB", "max_wal_size=256MB", "min_wal_size=64MB", "random_page_cost=1.1",
			"idle_in_transaction_session_timeout=5min")
	}
	args := []string{"-D", cluster}
	for _, s := range set {
		args = append(args, "-c", s)
	}
	return args
}

// serverEnv hands nothing of ours to the server: a PG… variable of the caller would change what it does.
func serverEnv() []string {
	return []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=" + clock.ZoneName}
}

// ready reads the status line PostgreSQL keeps in postmaster.pid, as pg_ctl does.
func ready(cluster string, pid int) bool {
	lines := pidFile(cluster)
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

func pidFile(cluster string) []string {
	raw, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return nil
	}
	return strings.Split(string(raw), "\n")
}

// stopLeftover ends a server whose parent was killed. The caller holds the data folder's lock, so a live server on
// this cluster is nobody else's.
func stopLeftover(ctx context.Context, cluster string) error {
	lines := pidFile(cluster)
	if len(lines) < 2 || filepath.Clean(lines[1]) != cluster {
		return nil
	}
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 1 || !isPostgres(pid) {
		return nil //nolint:nilerr // not the file of a live server
	}
	socket := ""
	if len(lines) > 4 {
		socket = lines[4]
	}
	for i := 0; syscall.Kill(pid, 0) == nil; i++ {
		switch i {
		case 0:
			_ = syscall.Kill(pid, syscall.SIGINT)
		case 500: // 10 s
			_ = syscall.Kill(pid, syscall.SIGQUIT)
		case 1000:
			return fault.Newf(fault.Unavailable, "postgres_leftover",
				"上次没有停下的数据库进程（进程号 %d）仍在使用 %s。请结束该进程后重新启动。", pid, cluster)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stop leftover postgres: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	if strings.HasPrefix(socket, "/tmp/"+socketPrefix) {
		_ = os.RemoveAll(socket)
	}
	return nil
}

// isPostgres guards against a process number that was reused after a reboot. Without /proc PostgreSQL's own check
// of its shared memory decides.
func isPostgres(pid int) bool {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return runtime.GOOS != "linux"
	}
	return strings.TrimSpace(string(name)) == "postgres"
}

func startFault(logPath string, from int64) error {
	raw, _ := os.ReadFile(logPath)
	if int64(len(raw)) > from {
		raw = raw[from:]
	}
	cause := fmt.Errorf("start postgres: %s", tail(raw))
	if err := diskFault("start postgres", cause); fault.HasCode(err, "disk_full") {
		return err
	}
	return fault.Wrapf(cause, fault.Unavailable, "postgres_start",
		"数据库没有启动：%s。详细记录在 %s。", lastLine(raw), logPath)
}

func deniedFault(path string, cause error) error {
	if info, err := os.Stat(path); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			return fault.Wrapf(cause, fault.Unavailable, "folder_denied",
				"没有权限使用数据目录 %s（属于用户编号 %d，当前是 %d）。请用原来的用户启动，或用 TECHMARKET_DATA 换一个目录。",
				path, st.Uid, os.Getuid())
		}
	}
	return fault.Wrapf(cause, fault.Unavailable, "folder_denied",
		"没有权限使用数据目录 %s。请用原来的用户启动，或用 TECHMARKET_DATA 换一个目录。", path)
}

func tail(out []byte) string {
	if len(out) > 2000 {
		out = out[len(out)-2000:]
	}
	return strings.TrimSpace(string(out))
}

func lastLine(out []byte) string {
	text := strings.TrimSpace(string(out))
	lines := strings.Split(text, "\n")
	for _, line := range slices.Backward(lines) {
		if strings.Contains(line, "FATAL") || strings.Contains(line, "error:") || strings.Contains(line, "PANIC") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

package embedded_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/embedded"
)

// The test binary plays the market that gets killed: with this variable it starts a server, reports and waits.
const victimFolder = "EMBEDDED_TEST_VICTIM"

func TestMain(m *testing.M) {
	if folder := os.Getenv(victimFolder); folder != "" {
		if err := victim(folder); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		select {}
	}
	os.Exit(m.Run())
}

func victim(folder string) error {
	ctx := context.Background()
	held, err := embedded.Claim(folder)
	if err != nil {
		return err
	}
	server, err := start(ctx, held.Path)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `create table told (id int); insert into told values (7)`); err != nil {
		return err
	}
	fmt.Println("ready")
	return nil
}

func start(ctx context.Context, folder string) (*embedded.Server, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	binaries, err := embedded.FindBinaries(os.Getenv, cwd)
	if err != nil {
		return nil, err
	}
	return embedded.StartServer(ctx, embedded.ServerOptions{Binaries: binaries, Folder: filepath.Join(folder, "postgres")})
}

func stop(t *testing.T, s *embedded.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// folder is one that the server's account can enter even when the tests run as root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "techmarket-embedded-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func told(t *testing.T, s *embedded.Server) int {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var id int
	if err := conn.QueryRow(ctx, `select id from told`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestServer_KeepsWhatWasToldWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), victimFolder+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		t.Fatalf("victim said %q", line)
	}
	_, err = embedded.Claim(dir)
	if !fault.HasCode(err, "folder_in_use") || !strings.Contains(err.Error(), strconv.Itoa(cmd.Process.Pid)) {
		t.Errorf("second start: got %v, want folder_in_use naming process %d", err, cmd.Process.Pid)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()

	held, err := embedded.Claim(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	s, err := start(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	if got := told(t, s); got != 7 {
		t.Errorf("got %d, want 7", got)
	}
}

func TestServer_StopsALeftoverAndIgnoresAStalePidFile(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first, err := start(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	// Starting over a live server is what happens on systems without a parent-death signal.
	second, err := start(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Exited():
	case <-time.After(10 * time.Second):
		t.Error("the leftover is still there")
	}
	stop(t, second)

	pidFile := filepath.Join(dir, "postgres", "cluster", "postmaster.pid")
	stale := fmt.Sprintf("%d\n%s\n%d\n5432\n/tmp\n\n  0 0\nready   \n", 4194000, filepath.Join(dir, "postgres", "cluster"), time.Now().Unix())
	if err := os.WriteFile(pidFile, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		info, _ := os.Stat(filepath.Dir(pidFile))
		st := info.Sys().(*syscall.Stat_t)
		_ = os.Chown(pidFile, int(st.Uid), int(st.Gid))
	}
	third, err := start(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, third)
}

func TestServer_CreatesDatabaseOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := start(ctx, folder(t))
	if err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	for range 2 {
		if err := s.CreateDatabase(ctx, "techmarket"); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(ctx, s.URL("techmarket"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var fsync, listen string
	if err := conn.QueryRow(ctx, `select current_setting('fsync'), current_setting('listen_addresses')`).Scan(&fsync, &listen); err != nil ||
		fsync != "on" || listen != "" {
		t.Errorf("fsync %q, listen %q, err %v; want on and nothing", fsync, listen, err)
	}
}

func TestServer_RefusesAClusterOfAnotherVersion(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cluster := filepath.Join(dir, "postgres", "cluster")
	if err := os.MkdirAll(cluster, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte("99\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := start(context.Background(), dir); !fault.HasCode(err, "cluster_version") {
		t.Errorf("got %v, want cluster_version", err)
	}
}

func TestServer_FromACheckoutOthersCannotEnter(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("只有 root 才需要换用户运行 PostgreSQL")
	}
	home := folder(t)
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(home, "checkout", "data")
	s, err := start(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	place, err := os.Readlink(filepath.Join(data, "postgres", "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(place)
	stop(t, s)
	again, err := start(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, again)
	if now, _ := os.Readlink(filepath.Join(data, "postgres", "elsewhere")); now != place {
		t.Errorf("second start used %s, first %s", now, place)
	}
}

func TestFindBinaries_NamesTheMend(t *testing.T) {
	t.Parallel()
	_, err := embedded.FindBinaries(func(string) string { return t.TempDir() }, "/")
	if !fault.HasCode(err, "postgres_bin_wrong") || !strings.Contains(err.Error(), "TECHMARKET_PG_BIN") {
		t.Errorf("got %v, want postgres_bin_wrong naming TECHMARKET_PG_BIN", err)
	}
}

func TestRedis_NeedsItsPasswordAndLetsKeysExpire(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, err := embedded.StartRedis()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	options, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Set(ctx, "k", "v", time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	stranger := redis.NewClient(&redis.Options{Addr: options.Addr, MaxRetries: -1})
	defer stranger.Close()
	if err := stranger.Get(ctx, "k").Err(); err == nil {
		t.Error("a client without the password was served")
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if n, _ := client.Exists(ctx, "k").Result(); n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the key never expired")
		}
	}
}

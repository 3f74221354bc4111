package embedded

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Program is the role that the market works with: no superuser, owner of nothing (platform/postgres.Grant says what it may).
const Program = "techmarket_program"

// Passwords are those of the two roles; both are made by chance and kept beside the cluster, readable to the market's account only.
type Passwords struct{ Owner, Program string }

// KeptPasswords reads the passwords of a folder, and makes them the first time.
func KeptPasswords(folder string) (p Passwords, err error) {
	path := filepath.Join(folder, "postgres.passwords")
	raw, err := os.ReadFile(path)
	if err == nil {
		if words := strings.Fields(string(raw)); len(words) == 2 {
			return Passwords{words[0], words[1]}, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("database passwords: %w", err)
	}
	p = Passwords{chance(), chance()}
	if err := os.WriteFile(path, []byte(p.Owner+" "+p.Program+"\n"), 0o600); err != nil {
		return p, diskFault("database passwords", err)
	}
	return p, nil
}

func chance() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // crypto/rand never fails since go1.24
	return hex.EncodeToString(raw)
}

// ProgramURL is the program's connection string of one database of the server; after Secure.
func (s *Server) ProgramURL(database string) string {
	return s.url(Program, s.passwords.Program, database)
}

// Secure gives both roles their passwords and closes the door to everybody without one. Until then whoever reaches the socket's folder
// is let in: the server's own account and root.
func (s *Server) Secure(ctx context.Context, p Passwords) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("secure postgres: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	owner, program := pgx.Identifier{superuser}.Sanitize(), pgx.Identifier{Program}.Sanitize()
	var made bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_roles where rolname = $1)`, Program).Scan(&made); err != nil {
		return fmt.Errorf("secure postgres: %w", err)
	}
	if !made {
		if _, err := conn.Exec(ctx, "create role "+program); err != nil {
			return fmt.Errorf("secure postgres: %w", err)
		}
	}
	// The passwords are hexadecimal: nothing in them needs quoting.
	if _, err := conn.Exec(ctx, "alter role "+owner+" password '"+p.Owner+"'; alter role "+program+
		" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '"+p.Program+"'"); err != nil {
		return fmt.Errorf("secure postgres: %w", err)
	}
	if err := writeDoor(s.cluster, "scram-sha-256"); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "select pg_reload_conf()"); err != nil {
		return fmt.Errorf("secure postgres: %w", err)
	}
	s.passwords = p
	return nil
}

// openDoor lets a server that is about to start be entered without a password, so that passwords can be set whatever
// became of the old ones.
func openDoor(cluster string) error { return writeDoor(cluster, "trust") }

func writeDoor(cluster, method string) error {
	line := "# written by techmarket at every start\nlocal all all " + method + "\n"
	if err := os.WriteFile(filepath.Join(cluster, "pg_hba.conf"), []byte(line), 0o600); err != nil { // its owner stays
		return diskFault("write pg_hba.conf", err)
	}
	return nil
}

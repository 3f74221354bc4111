package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"techmarket/internal/foundation/fault"
)

// Fault turns an error of pgx into a fault; a fault already in the chain and every unknown error pass unchanged.
//
//	no rows → NotFound not_found · 23505 → Conflict duplicate · 23503, 23514, 23502, 22001, 22003 → Invalid bad_value
//	40001, 40P01 → Conflict busy · 53100 → Unavailable disk_full
//	other 53xxx, 57P0x, 08xxx, no connection → Unavailable database_unavailable
//
// A domain package that has a clearer message asks Constraint for the name and answers with its own fault.
func Fault(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fault.Wrap(err, fault.NotFound, "not_found", "没有找到这条记录，可能已被删除。请返回列表重新查找。")
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pg.Code == "23505":
			return fault.Wrap(err, fault.Conflict, "duplicate", "已有相同的记录，请勿重复提交。")
		case pg.Code == "23503", pg.Code == "23514", pg.Code == "23502", pg.Code == "22001", pg.Code == "22003":
			return fault.Wrap(err, fault.Invalid, "bad_value", "填写的内容不符合要求，请检查后重新提交。")
		case retryable(err):
			return fault.Wrap(err, fault.Conflict, "busy", "同时有人在修改，请稍候重新提交。")
		case pg.Code == "53100":
			return fault.Wrap(err, fault.Unavailable, "disk_full", diskFull)
		case strings.HasPrefix(pg.Code, "53"), strings.HasPrefix(pg.Code, "57P0"), strings.HasPrefix(pg.Code, "08"):
			return fault.Wrap(err, fault.Unavailable, "database_unavailable", unavailable)
		}
		return err
	}
	if transient(err) {
		return fault.Wrap(err, fault.Unavailable, "database_unavailable", unavailable)
	}
	return err
}

const unavailable = "数据库暂时无法使用，请稍候再试；刚才的内容尚未保存。"

const diskFull = "服务器磁盘已满，刚才的内容没有保存。请联系系统管理员清理磁盘，然后重新提交。"

// Outage gives an error its Unavailable fault when the database cannot be reached or a disk has no room, also one that came
// past Fault; everything else passes unchanged.
func Outage(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(err, fault.Unavailable, "disk_full", diskFull)
	}
	if known := Fault(err); fault.Is(known, fault.Unavailable) {
		return known
	}
	return err
}

// Constraint is the name of the constraint the chain's PostgreSQL error names, or "".
func Constraint(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.ConstraintName
	}
	return ""
}

func retryable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// transient says that the server may answer if asked again: no connection, starting, stopping, too many clients.
// The end of the caller's own context is not.
func transient(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P0") || strings.HasPrefix(pg.Code, "08")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if errors.Is(err, context.Canceled) {
		return false
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err) { // the server was killed, or the connection with it
		return true
	}
	var netErr net.Error
	return errors.As(err, &netErr)
}

func openFault(err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case "28P01", "28000":
			return fault.Wrap(err, fault.Unavailable, "database_login", "数据库拒绝了用户名或密码。请检查 DATABASE_URL 和服务器的 pg_hba.conf。")
		case "3D000":
			return fault.Wrap(err, fault.Unavailable, "database_missing", "数据库服务器上没有这个库。请先 create database，或检查 DATABASE_URL 里的库名。")
		}
	}
	return fault.Wrap(fmt.Errorf("open database: %w", err), fault.Unavailable, "database_unreachable",
		"连不上数据库。请确认数据库已启动、DATABASE_URL 的主机和端口正确、防火墙允许访问。")
}

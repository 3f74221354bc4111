package e2e

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/platform/postgres"
)

// unseal writes a column in clear, as a program before sealing left it.
func (w *world) unseal(c postgres.Sealed) {
	w.t.Helper()
	db, keys := w.s.Platform.DB, w.s.Platform.Vault
	rows, err := db.Query(w.t.Context(), "select ctid::text, coalesce("+c.Column+"::text, '') from "+c.Table)
	apptest.NoErr(w.t, err)
	type cell struct{ At, Text string }
	cells, err := pgx.CollectRows(rows, pgx.RowToStructByPos[cell])
	apptest.NoErr(w.t, err)
	for _, r := range cells {
		text, cast := r.Text, ""
		if c.Document {
			raw, err := stored.Codec{Secrets: keys, Purpose: c.Purpose}.Open([]byte(text))
			apptest.NoErr(w.t, err)
			text, cast = string(raw), "::jsonb"
		} else {
			text, err = keys.Open(c.Purpose, text)
			apptest.NoErr(w.t, err)
		}
		if text == "" || text == r.Text {
			continue
		}
		_, err = db.Exec(w.t.Context(), "update "+c.Table+" set "+c.Column+" = $2::text"+cast+" where ctid = $1::text::tid", r.At, text)
		apptest.NoErr(w.t, err)
	}
}

// A market of an older program is sealed when the new one starts, column by column; a new key seals everything anew.
func TestDatabase_WhatLayInClearIsSealedAtTheStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.signUp("lark", "enterprise", "百灵示范有限公司", ownCounty)
	p.tellProfile("150", "C")
	p.publish("achievement", "league", with(meadowAchievement, values{"contact.phone": "0471-5550123", "contact.email": "lark@example.com"}))
	p.get("/account/members").submit("/account/members/invite", values{"email": "lark@example.com", "roles": "member"}).want(200, "邀请已生成")
	planted := map[string]string{"a phone": "0471-5550123", "a mail address": "lark@example.com"}
	w.holdsNoSecret(planted)
	ctx, platform := t.Context(), w.s.Platform
	for _, c := range app.SealedColumns() {
		w.unseal(c)
	}
	clear := w.scan(`select count(*)::text from account where email = 'lark@example.com'`) +
		w.scan(`select count(*)::text from listing where draft->'contact'->>'phone' = '0471-5550123'`)
	if clear != "11" {
		t.Fatalf("nothing lies in clear: %s", clear)
	}
	_, err := platform.DB.Exec(ctx, `delete from sealed_column`)
	apptest.NoErr(t, err)
	n, err := app.SealAll(ctx, platform)
	apptest.NoErr(t, err)
	w.holdsNoSecret(planted)
	if again, err := app.SealAll(ctx, platform); err != nil || again != 0 || n == 0 {
		t.Errorf("the second time %d rows (first %d), %v", again, n, err)
	}
	shown := func() {
		t.Helper()
		if form := p.get("/account").form("/account", nil).values; form.Get("email") != "lark@example.com" ||
			form.Get("phone") != "0471-5550123" {
			t.Errorf("the account's own page: %v", form)
		}
	}
	shown()
	apptest.NoErr(t, platform.Vault.Rotate())
	_, err = app.SealAll(ctx, platform)
	apptest.NoErr(t, err)
	keys, err := postgres.KeysOf(ctx, platform.DB, app.SealedColumns()...)
	apptest.NoErr(t, err)
	for id := range keys {
		if !strings.HasPrefix(platform.Vault.Prefix(), "sealed:"+id+":") || id == "" {
			t.Errorf("a key %q is still in use, of %v", id, keys)
		}
	}
	shown()
}

package cli

import (
	"io"
	"strings"
	"testing"
	"time"

	"techmarket/internal/app"
	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/market/achievement"
	"techmarket/internal/market/demand"
	"techmarket/search"
)

// Wrongly called commands say how to call them and touch nothing.
func TestCommands_TellTheirUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"demo"}, {"demo", "drop"}, {"demo", "load", "now"}, {"demo", "--fast"},
		{"import"}, {"import", "achievements"}, {"import", "patents", "a.csv"}, {"import", "demands", "a.csv", "b.csv"},
		{"import", "--orgs", "x"},
		{"match"}, {"match", "--demand", "1", "--text", "x"}, {"match", "--demand", "one"}, {"match", "--text", "x", "--limit", "0"},
		{"match", "12"},
		{"reindex", "all"}, {"reindex", "--fast"},
		{"verify", "a", "b"}, {"verify", "a", "--export", "b"}, {"verify", "--root", "12"},
		{"backup"}, {"backup", "a.zip", "b.zip"}, {"restore"}, {"restore", "a.zip", "b.zip"}, {"restore", "--force", "a.zip"},
		{"export"}, {"export", "achievements"}, {"export", "people", "a.csv"}, {"export", "demands", "a.csv", "--from", "2026-01-01"},
		{"export", "registrations", "a.csv", "--contacts"},
		{"keys"}, {"keys", "list"}, {"keys", "rotate", "now"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			out := &apptest.Output{}
			env := &app.Environment{Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Now: time.Now,
				Environ: []string{"TECHMARKET_DATA=/nowhere/at/all"}}
			if code := Run(t.Context(), env, args); code != 2 || (!strings.Contains(out.String(), "用法") &&
				!strings.Contains(out.String(), "Usage")) {
				t.Errorf("got %d, %s", code, out)
			}
		})
	}
	out := &apptest.Output{}
	env := &app.Environment{Stdin: strings.NewReader(""), Stdout: out, Stderr: out, Now: time.Now,
		Environ: []string{"TECHMARKET_DATA=/nowhere/at/all"}}
	for _, args := range [][]string{{"import", "demands", "/nowhere/a.csv"}, {"verify", "/nowhere/ledger.jsonl"},
		{"restore", "/nowhere/a.zip"}} {
		if code := Run(t.Context(), env, args); code != 1 || !strings.Contains(out.String(), "打不开文件") {
			t.Errorf("%v: got %d, %s", args, code, out)
		}
	}
}

const threeRows = `{"id": "one", "abstract": "一种紫色氧化钨的制取工艺，由紫钨制得的碳化钨粉细而均匀，用于高性能硬质合金。"}
{"id": "two", "abstract":
{"id": "three", "abstract": "草原植被覆盖度的遥感反演方法，误差小于百分之五，可按旬更新。"}
`

func TestImport_AsksReportsAndMakesNoDuplicates(t *testing.T) {
	t.Parallel()
	s, err := app.Compose(t.Context(), apptest.NewPlatform(t, time.Now, io.Discard))
	apptest.NoErr(t, err)
	importRows := func(rows, answer string, in Importing) (string, error) {
		out := &apptest.Output{}
		in.Kind, in.Name = achievement.Kind, "资料.jsonl"
		err := ImportFile(t.Context(), s, &app.Environment{Stdin: strings.NewReader(answer), Stdout: out}, strings.NewReader(rows), in)
		return out.String(), err
	}
	found := func(text string) int {
		r, err := s.Engine.Search(t.Context(), search.Query{Text: text, Limit: 10})
		apptest.NoErr(t, err)
		return len(r.Hits)
	}

	said, err := importRows(threeRows, "n\n", Importing{})
	apptest.NoErr(t, err)
	if !strings.Contains(said, "可以导入 2 行，有问题 1 行") || !strings.Contains(said, "第 2 行") || !strings.Contains(said, "什么也没有改动") ||
		found("紫色氧化钨") != 0 {
		t.Errorf("dry run: got %s", said)
	}
	said, err = importRows(threeRows, "y\n", Importing{})
	apptest.NoErr(t, err)
	if !strings.Contains(said, "新建 2 条，更新 0 条，没有变化 0 条") || found("紫色氧化钨") != 1 {
		t.Errorf("import: got %s; found %d", said, found("紫色氧化钨"))
	}
	said, err = importRows(threeRows, "", Importing{Yes: true})
	apptest.NoErr(t, err)
	if !strings.Contains(said, "新建 0 条，更新 0 条，没有变化 2 条") {
		t.Errorf("the same file again: got %s", said)
	}
	said, err = importRows(strings.Replace(threeRows, "按旬", "按周", 1), "", Importing{Yes: true})
	apptest.NoErr(t, err)
	if !strings.Contains(said, "新建 0 条，更新 1 条，没有变化 1 条") {
		t.Errorf("one row changed: got %s", said)
	}
	if _, err := importRows(threeRows, "", Importing{Yes: true, org: "没有的单位"}); !fault.HasCode(err, "organisation") {
		t.Errorf("an unknown organisation: got %v", err)
	}
	if _, err := importRows("{}\n", "", Importing{Yes: true}); !fault.HasCode(err, "import_empty") {
		t.Errorf("nothing good: got %v", err)
	}

	// What the index lost, or holds too much, is named and mended.
	ref := achievement.Descriptor().DocumentID(1)
	apptest.NoErr(t, s.Engine.Delete(t.Context(), ref))
	apptest.NoErr(t, s.Engine.Index(t.Context(), search.Document{ID: "a999", Kind: "achievement", Version: 1, Title: "索引里多出来的"}))
	out := &apptest.Output{}
	apptest.NoErr(t, s.CheckIndex(t.Context(), out))
	if text := out.String(); !strings.Contains(text, ref+" 索引里没有") || !strings.Contains(text, "a999 已不公开") ||
		!strings.Contains(text, "2 处不一致，已修补") {
		t.Errorf("check: got %s", text)
	}
	out = &apptest.Output{}
	apptest.NoErr(t, s.CheckIndex(t.Context(), out))
	if !strings.Contains(out.String(), "一致，共 2 条") || found("紫色氧化钨") != 1 {
		t.Errorf("after mending: got %s", out)
	}
	if _, err := published(t.Context(), s, demand.Kind, 1); !fault.HasCode(err, "listing") {
		t.Errorf("an achievement asked for as a demand: got %v", err)
	}
}

func TestKeys_RotationKeepsTheRegisterWhole(t *testing.T) {
	t.Parallel()
	s, err := app.Compose(t.Context(), apptest.NewPlatform(t, time.Now, io.Discard))
	apptest.NoErr(t, err)
	for range 2 {
		_, err := s.Ledger.Rotate(t.Context())
		apptest.NoErr(t, err)
		_, signed, err := s.Ledger.SignRoot(t.Context())
		if err != nil || !signed {
			t.Fatalf("root after the change: %v, %v", signed, err)
		}
	}
	file := t.TempDir() + "/ledger.jsonl"
	out := &apptest.Output{}
	env := &app.Environment{Stdout: out, Stderr: out}
	apptest.NoErr(t, Verify(t.Context(), s, env, nil, file))
	apptest.NoErr(t, verifyFile(env, file, nil))
	var wrong anchors
	apptest.NoErr(t, wrong.Set("2:"+strings.Repeat("ab", 32)))
	if err := verifyFile(env, file, wrong); !fault.HasCode(err, "register_broken") {
		t.Errorf("a root from outside that does not fit: got %v\n%s", err, out)
	}
}

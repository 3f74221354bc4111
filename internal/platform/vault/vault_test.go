package vault_test

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/vault"
)

func open(t *testing.T, folder, given string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(folder, given, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVault_OpensWhatItSealedForTheSamePurposeOnly(t *testing.T) {
	t.Parallel()
	v := open(t, t.TempDir(), "")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		sealed, err := v.Seal("a", text)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 3 && strings.Contains(sealed, text) {
			t.Fatal("in clear")
		}
		if back, err := v.Open("a", sealed); err != nil || back != text && !strings.HasPrefix(text, "sealed:") {
			t.Fatalf("%q, %v", back, err)
		}
		if text == "" {
			return
		}
		if _, err := v.Open("b", sealed); !fault.HasCode(err, "secret_broken") {
			t.Fatalf("opens for another purpose: %v", err)
		}
		at := rapid.IntRange(len("sealed:0123456789ab:"), len(sealed)-1).Draw(t, "at")
		changed := sealed[:at] + string(rune('A'+(sealed[at]+7)%26)) + sealed[at+1:]
		if back, err := v.Open("a", changed); err == nil && changed != sealed && back != text {
			t.Fatalf("a changed one opens as %q", back)
		}
	})
}

func TestVault_OldKeysOpenAfterARotationAndAnotherProcessLearnsOfIt(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	v, other := open(t, folder, ""), open(t, folder, "")
	old, _ := v.Seal("a", "13847112345")
	if err := v.Rotate(); err != nil {
		t.Fatal(err)
	}
	fresh, _ := v.Seal("a", "13847112345")
	if !strings.HasPrefix(fresh, v.Prefix()) || strings.HasPrefix(old, v.Prefix()) {
		t.Errorf("%s %s under %s", old, fresh, v.Prefix())
	}
	for _, sealed := range []string{old, fresh} {
		for _, v := range []*vault.Vault{v, other} {
			if text, err := v.Open("a", sealed); err != nil || text != "13847112345" {
				t.Errorf("%q, %v", text, err)
			}
		}
	}
	if info, err := os.Stat(filepath.Join(folder, vault.File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

func TestVault_WithoutTheKeyNothingOpens(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	given := open(t, "", key)
	sealed, _ := given.Seal("a", "x")
	if _, err := open(t, t.TempDir(), "").Open("a", sealed); !fault.HasCode(err, "secret_key_missing") {
		t.Errorf("another key: %v", err)
	}
	if err := given.Rotate(); !fault.HasCode(err, "secret_keys_given") {
		t.Errorf("rotated keys of the environment: %v", err)
	}
	if _, err := vault.Open("", "c2hvcnQ=", rand.Reader); !fault.HasCode(err, "secret_keys_wrong") {
		t.Errorf("a short key: %v", err)
	}
}

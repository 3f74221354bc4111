// Package vault encrypts what must not lie in the database in clear: AES-256-GCM under a key that lies outside of it, in a file of the
// data folder or in the environment. A dump or a backup of the database alone opens nothing.
//
// It refuses to know tables: who keeps a secret seals it before storing and opens it after reading, and says what it is for, so that a
// sealed text moved into another column does not open there.
package vault

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"techmarket/internal/foundation/fault"
)

// File is the key file inside the data folder: one base64 key a line, the one in use first. Backups leave it out.
const File = "secret.keys"

const (
	mark    = "sealed:"
	keySize = 32
)

// Vault seals and opens. It is safe for concurrent use.
type Vault struct {
	random io.Reader
	path   string // "" where the keys come from the environment

	mu   sync.RWMutex
	use  string // id of the key that seals
	keys map[string]cipher.AEAD
}

// Open takes the keys of given (base64, the one in use first, with commas between), else of the file in the folder, which it makes with
// a new key where there is none. Fault: invalid "secret_keys_wrong".
func Open(folder, given string, random io.Reader) (*Vault, error) {
	v := &Vault{random: random}
	if given != "" {
		return v, v.take(strings.NewReader(strings.ReplaceAll(given, ",", "\n")))
	}
	v.path = filepath.Join(folder, File)
	err := v.load()
	if errors.Is(err, fs.ErrNotExist) {
		if err = v.Rotate(); err == nil {
			err = v.load()
		}
	}
	return v, err
}

func (v *Vault) load() error {
	raw, err := os.ReadFile(v.path)
	if err != nil {
		return fmt.Errorf("secret keys: %w", err)
	}
	return v.take(bytes.NewReader(raw))
}

func (v *Vault) take(r io.Reader) error {
	keys, use := map[string]cipher.AEAD{}, ""
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != keySize {
			return fault.New(fault.Invalid, "secret_keys_wrong",
				"数据密钥应为 32 字节的 base64，每行一把。请检查 TECHMARKET_SECRET_KEYS 或数据目录里的 "+File+"。")
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return fmt.Errorf("secret keys: %w", err)
		}
		seal, err := cipher.NewGCM(block)
		if err != nil {
			return fmt.Errorf("secret keys: %w", err)
		}
		id := idOf(key)
		if keys[id] = seal; use == "" {
			use = id
		}
	}
	if use == "" {
		return fault.New(fault.Invalid, "secret_keys_wrong", "没有数据密钥：请检查 TECHMARKET_SECRET_KEYS 或数据目录里的 "+File+"。")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keys, v.use = keys, use
	return nil
}

// idOf names a key without telling anything of it.
func idOf(key []byte) string {
	sum := sha256.Sum256(append([]byte("techmarket secret key "), key...))
	return hex.EncodeToString(sum[:6])
}

// Rotate puts a new key before the others of the file; what they sealed still opens. Fault: invalid "secret_keys_given" where the keys
// come from the environment.
func (v *Vault) Rotate() error {
	if v.path == "" {
		return fault.New(fault.Invalid, "secret_keys_given", "数据密钥由 TECHMARKET_SECRET_KEYS 给出：请把新密钥加在最前面，用逗号与旧的隔开，再运行一次。")
	}
	old, err := os.ReadFile(v.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secret keys: %w", err)
	}
	key := make([]byte, keySize)
	if _, err := io.ReadFull(v.random, key); err != nil {
		return fmt.Errorf("secret keys: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(key) + "\n" + string(old)
	if err := os.WriteFile(v.path+".new", []byte(text), 0o600); err != nil {
		return fmt.Errorf("secret keys: %w", err)
	}
	if err := os.Rename(v.path+".new", v.path); err != nil {
		return fmt.Errorf("secret keys: %w", err)
	}
	return v.load()
}

// Given reports whether the keys come from the environment.
func (v *Vault) Given() bool { return v.path == "" }

// Prefix begins everything that the key in use sealed.
func (v *Vault) Prefix() string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return mark + v.use + ":"
}

// Knows reports whether a key is there.
func (v *Vault) Knows(id string) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.keys[id] != nil
}

// Seal encrypts a text for a purpose ("account.phone"); an empty text stays empty.
func (v *Vault) Seal(purpose, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	aead := v.keys[v.use]
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(v.random, nonce); err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return mark + v.use + ":" + base64.RawStdEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(text), []byte(purpose))), nil
}

// Open decrypts what Seal made for the same purpose; a text that was never sealed comes back as it is.
// Faults: unavailable "secret_key_missing"; internal "secret_broken" for one that was changed or is of another purpose.
func (v *Vault) Open(purpose, text string) (string, error) {
	rest, sealed := strings.CutPrefix(text, mark)
	if !sealed {
		return text, nil
	}
	id, data, _ := strings.Cut(rest, ":")
	if !v.Knows(id) && v.path != "" { // another process may have made a new key
		if err := v.load(); err != nil {
			return "", err
		}
	}
	v.mu.RLock()
	aead := v.keys[id]
	v.mu.RUnlock()
	if aead == nil {
		return "", fault.Newf(fault.Unavailable, "secret_key_missing", "打开已加密的资料缺少密钥 %s。请管理员把原来的密钥放回（techmarket doctor 会说明），再试一次。", id)
	}
	raw, err := base64.RawStdEncoding.DecodeString(data)
	if err != nil || len(raw) < aead.NonceSize() {
		return "", fault.New(fault.Internal, "secret_broken", "已加密的资料不完整，请联系管理员")
	}
	clear, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(purpose))
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "secret_broken", "已加密的资料不完整，请联系管理员")
	}
	return string(clear), nil
}

package challenge

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/stored"
	"techmarket/internal/platform/postgres"
)

// Sealing. The asker and the desk each take a key pair; a paper is encrypted for both public keys at once, so that both private ones are
// needed. A private key lies in the database under a code that only its holder was shown, and around that under the key of the data
// folder. So a dump opens nothing, a dump with the data folder opens nothing, and one code with both opens nothing. What it does not
// keep out is a program that was changed before the paper came in (ARCHITECTURE.md).

// Side is who holds a key.
type Side string

// The sides.
const (
	SideAsker Side = "asker"
	SideDesk  Side = "desk"
)

const (
	purposeKey  = "challenge.key"
	purposeHalf = "challenge.half"
	codeBytes   = 15 // 120 bits: 24 letters, no word that somebody could guess
)

// Sealed are the columns of this room in which something lies sealed. Papers are not among them: the market's own key does not open them.
func Sealed() []postgres.Sealed {
	return []postgres.Sealed{{Table: "challenge_key", Column: "private_key", Purpose: purposeKey},
		{Table: "challenge_key", Column: "half", Purpose: purposeHalf}}
}

// newKey makes a pair: the public key, the private one under the code, and the code, which is kept nowhere.
func newKey(random io.Reader, vault stored.Secrets) (public []byte, private, code string, err error) {
	var raw [32]byte
	var secret [codeBytes]byte
	if _, err = io.ReadFull(random, raw[:]); err != nil {
		return nil, "", "", fmt.Errorf("challenge key: %w", err)
	}
	if _, err = io.ReadFull(random, secret[:]); err != nil {
		return nil, "", "", fmt.Errorf("challenge key: %w", err)
	}
	pair, err := ecdh.X25519().NewPrivateKey(raw[:])
	if err != nil {
		return nil, "", "", fmt.Errorf("challenge key: %w", err)
	}
	code = base32.StdEncoding.EncodeToString(secret[:])
	under, err := encrypt(random, secret[:], raw[:], pair.PublicKey().Bytes())
	if err != nil {
		return nil, "", "", err
	}
	private, err = vault.Seal(purposeKey, base64.StdEncoding.EncodeToString(under))
	var groups []string
	for len(code) > 0 {
		groups, code = append(groups, code[:4]), code[4:]
	}
	return pair.PublicKey().Bytes(), private, strings.Join(groups, "-"), err
}

// openKey opens a private key with its code. Fault: Invalid at "code".
func openKey(vault stored.Secrets, public []byte, private, code string) ([]byte, error) {
	var f fault.Fields
	f.Add("code", "wrong", "开封码不对，请核对后重填（24 个字母和数字，横线可以不填）")
	secret, err := base32.StdEncoding.DecodeString(strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code)))
	if err != nil || len(secret) != codeBytes {
		return nil, f.Err()
	}
	text, err := vault.Open(purposeKey, private)
	if err != nil {
		return nil, err
	}
	under, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("challenge key: %w", err)
	}
	raw, err := decrypt(secret, under, public)
	if err != nil {
		return nil, f.Err()
	}
	return raw, nil
}

// sealFor encrypts for both keys; about binds the bytes to their place.
func sealFor(random io.Reader, asker, desk []byte, plain []byte, about string) ([]byte, error) {
	var raw [32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	once, err := ecdh.X25519().NewPrivateKey(raw[:])
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	secret, err := shared(once, asker, desk)
	if err != nil {
		return nil, err
	}
	out, err := encrypt(random, secret, plain, []byte(about))
	return append(once.PublicKey().Bytes(), out...), err
}

// openFrom opens what sealFor sealed, with both private keys.
func openFrom(asker, desk, sealed []byte, about string) ([]byte, error) {
	const size = 32
	if len(sealed) < size {
		return nil, errBroken
	}
	var secret []byte
	for _, raw := range [][]byte{asker, desk} {
		key, err := ecdh.X25519().NewPrivateKey(raw)
		if err != nil {
			return nil, fmt.Errorf("open: %w", err)
		}
		part, err := shared(key, sealed[:size])
		if err != nil {
			return nil, err
		}
		secret = append(secret, part...)
	}
	plain, err := decrypt(secret, sealed[size:], []byte(about))
	if err != nil {
		return nil, errBroken
	}
	return plain, nil
}

var errBroken = fault.New(fault.Internal, "paper_broken", "封存的申请已经损坏，不能打开。请把页面下方的编号告诉系统管理员，从备份恢复")

func shared(key *ecdh.PrivateKey, with ...[]byte) (secret []byte, err error) {
	for _, raw := range with {
		public, err := ecdh.X25519().NewPublicKey(raw)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		part, err := key.ECDH(public)
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
		secret = append(secret, part...)
	}
	return secret, nil
}

func gcm(secret []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "techmarket challenge", 32)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return cipher.NewGCM(block)
}

func encrypt(random io.Reader, secret, plain, about []byte) ([]byte, error) {
	seal, err := gcm(secret)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return seal.Seal(nonce, nonce, plain, about), nil
}

func decrypt(secret, sealed, about []byte) ([]byte, error) {
	open, err := gcm(secret)
	if err != nil {
		return nil, err
	}
	if len(sealed) < open.NonceSize() {
		return nil, errBroken
	}
	return open.Open(nil, sealed[:open.NonceSize()], sealed[open.NonceSize():], about)
}

// digest is the receipt of sealed bytes.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// packed is a paper with its files as one text: the length of the description, the description, then the files as they are.
func packed(p Paper) ([]byte, error) {
	head, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("pack paper: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d\n", len(head))
	b.Write(head)
	for _, f := range p.Files {
		b.Write(f.Body)
	}
	return b.Bytes(), nil
}

func unpacked(raw []byte) (p Paper, err error) {
	line, rest, _ := bytes.Cut(raw, []byte("\n"))
	var n int
	if _, err := fmt.Sscan(string(line), &n); err != nil || n > len(rest) || n < 0 {
		return p, errBroken
	}
	if err := json.Unmarshal(rest[:n], &p); err != nil {
		return p, errBroken
	}
	rest = rest[n:]
	for i := range p.Files {
		size := p.Files[i].Size
		if size < 0 || size > int64(len(rest)) {
			return p, errBroken
		}
		p.Files[i].Body, rest = rest[:size], rest[size:]
	}
	return p, nil
}

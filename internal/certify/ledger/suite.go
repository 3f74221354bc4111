package ledger

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"

	"techmarket/internal/foundation/fault"
)

// Suite is a family of algorithms: one hash, one signature. There are two, Intl and Guomi; a hardware module would be a
// third behind the same interface.
type Suite interface {
	// Name is the stable name kept in rows and roots.
	Name() string

	digest(b []byte) Hash
	generate(random io.Reader) (private any, err error)
	sign(private any, message []byte) ([]byte, error)
	public(private any) (der []byte, err error)
	verify(public any, message, signature []byte) bool
}

// The suites.
var (
	Intl  Suite = intl{}
	Guomi Suite = guomi{}
)

// SuiteByName finds a suite by its stable name: intl or guomi.
func SuiteByName(name string) (Suite, error) {
	for _, s := range []Suite{Intl, Guomi} {
		if s.Name() == name {
			return s, nil
		}
	}
	return nil, fault.Newf(fault.Invalid, "unknown_suite", "不认识的密码算法套件 %q，可用 intl 或 guomi", name)
}

type intl struct{}

func (intl) Name() string { return "intl" }

func (intl) digest(b []byte) Hash { s := sha256.Sum256(b); return s[:] }

func (intl) generate(random io.Reader) (any, error) {
	_, private, err := ed25519.GenerateKey(random)
	return private, err
}

func (intl) sign(private any, message []byte) ([]byte, error) {
	k, ok := private.(ed25519.PrivateKey)
	if !ok {
		return nil, errWrongKey
	}
	return ed25519.Sign(k, message), nil
}

func (intl) public(private any) ([]byte, error) {
	k, ok := private.(ed25519.PrivateKey)
	if !ok {
		return nil, errWrongKey
	}
	return x509.MarshalPKIXPublicKey(k.Public())
}

func (intl) verify(public any, message, signature []byte) bool {
	k, ok := public.(ed25519.PublicKey)
	return ok && ed25519.Verify(k, message, signature)
}

type guomi struct{}

func (guomi) Name() string { return "guomi" }

func (guomi) digest(b []byte) Hash { s := sm3.Sum(b); return s[:] }

func (guomi) generate(random io.Reader) (any, error) { return sm2.GenerateKey(random) }

func (guomi) sign(private any, message []byte) ([]byte, error) {
	k, ok := private.(*sm2.PrivateKey)
	if !ok {
		return nil, errWrongKey
	}
	return k.SignWithSM2(rand.Reader, nil, message) // nil: the standard's default user id
}

func (guomi) public(private any) ([]byte, error) {
	k, ok := private.(*sm2.PrivateKey)
	if !ok {
		return nil, errWrongKey
	}
	return smx509.MarshalPKIXPublicKey(&k.PublicKey)
}

func (guomi) verify(public any, message, signature []byte) bool {
	k, ok := public.(*ecdsa.PublicKey)
	return ok && sm2.IsSM2PublicKey(k) && sm2.VerifyASN1WithSM2(k, nil, message, signature)
}

var errWrongKey = errors.New("ledger: key of another suite")

// key is one signing key.
type key struct {
	suite   Suite
	id      string // 16 hex digits of the public key's digest
	private any
	der     []byte // public key, PKIX
}

func newKey(s Suite, private any) (*key, error) {
	der, err := s.public(private)
	if err != nil {
		return nil, err
	}
	return &key{suite: s, id: keyID(s, der), private: private, der: der}, nil
}

func keyID(s Suite, der []byte) string { return hex.EncodeToString(s.digest(der)[:8]) }

func (k *key) sign(message []byte) (Signature, error) { return k.suite.sign(k.private, message) }

func (k *key) declare() declaration {
	return declaration{Suite: k.suite.Name(), KeyID: k.id, PublicKey: base64.StdEncoding.EncodeToString(k.der)}
}

// PublicKey is a key that can only check.
type PublicKey struct {
	Suite Suite
	ID    string
	key   any
}

// ParsePublicKey reads a public key as a key row declares it: base64 of PKIX DER.
func ParsePublicKey(s Suite, text string) (PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return PublicKey{}, fmt.Errorf("ledger: public key: %w", err)
	}
	k, err := smx509.ParsePKIXPublicKey(der)
	if err != nil {
		return PublicKey{}, fmt.Errorf("ledger: public key: %w", err)
	}
	return PublicKey{Suite: s, ID: keyID(s, der), key: k}, nil
}

// Verify checks a detached signature.
func (p PublicKey) Verify(message []byte, sig Signature) bool {
	return p.key != nil && p.Suite.verify(p.key, message, sig)
}

// Keys is a folder of private keys, one PKCS #8 PEM file a key, named suite-anything.pem, readable by the owner only; a
// key made elsewhere is given by putting its file there before the first start. Which key is in force is not
// said there but in the chain, so that a crash between the two cannot make them disagree.
type Keys struct {
	folder string
	suite  Suite
	random io.Reader

	mu   sync.Mutex
	read map[string]*key // by id
}

// OpenKeys opens the folder, creating it with mode 0700. suite is that of a new chain; an existing chain keeps its own.
// random is the source of new keys.
func OpenKeys(folder string, suite Suite, random io.Reader) (*Keys, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("ledger: key folder: %w", err)
	}
	return &Keys{folder: folder, suite: suite, random: random, read: map[string]*key{}}, nil
}

func (k *Keys) path(s Suite, id string) string {
	return filepath.Join(k.folder, s.Name()+"-"+id+".pem")
}

// first returns the first key file of the suite, creating one where there is none.
func (k *Keys) first() (*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	names, err := filepath.Glob(filepath.Join(k.folder, k.suite.Name()+"-*.pem"))
	if err != nil {
		return nil, fmt.Errorf("ledger: key folder: %w", err)
	}
	slices.Sort(names)
	if len(names) > 0 {
		return load(names[0])
	}
	return k.make(k.suite)
}

func (k *Keys) create(s Suite) (*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.make(s)
}

// make writes a new key beside its final name and links it into place, so that no half-written key is ever read.
func (k *Keys) make(s Suite) (*key, error) {
	private, err := s.generate(k.random)
	if err != nil {
		return nil, fmt.Errorf("ledger: new key: %w", err)
	}
	out, err := newKey(s, private)
	if err != nil {
		return nil, err
	}
	der, err := smx509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("ledger: new key: %w", err)
	}
	f, err := os.CreateTemp(k.folder, ".new-*") // CreateTemp makes it 0600
	if err != nil {
		return nil, fmt.Errorf("ledger: new key: %w", err)
	}
	defer os.Remove(f.Name())
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("ledger: new key: %w", err)
	}
	if err := os.Rename(f.Name(), k.path(s, out.id)); err != nil {
		return nil, fmt.Errorf("ledger: new key: %w", err)
	}
	return out, nil
}

// byID finds the key that the chain names, whatever its file is called.
func (k *Keys) byID(id string) (*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.read[id]; known != nil {
		return known, nil
	}
	names, err := filepath.Glob(filepath.Join(k.folder, "*-*.pem"))
	if err != nil {
		return nil, fmt.Errorf("ledger: key folder: %w", err)
	}
	for _, name := range names {
		found, loadErr := load(name)
		if loadErr == nil && found.id == id {
			k.read[id] = found
			return found, nil
		}
		err = errors.Join(err, loadErr)
	}
	return nil, fault.Wrapf(err, fault.Unavailable, "ledger_key_missing",
		"签名密钥 %s 不在密钥文件夹中，或文件损坏、可被他人读取。请从备份恢复该文件并执行 chmod 600", id)
}

// load reads a key file named suite-anything.pem that nobody but the owner can read.
func load(path string) (*key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	name := filepath.Base(path)
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fault.Newf(fault.Unavailable, "ledger_key_exposed", "密钥文件 %s 可被他人读取，请执行 chmod 600 后重试", name)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("ledger: key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fault.Newf(fault.Unavailable, "ledger_key_damaged", "密钥文件 %s 已损坏，请从备份恢复", name)
	}
	private, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fault.Wrapf(err, fault.Unavailable, "ledger_key_damaged", "密钥文件 %s 已损坏，请从备份恢复", name)
	}
	suite, _, _ := strings.Cut(name, "-")
	s, err := SuiteByName(suite)
	if err != nil {
		return nil, err
	}
	return newKey(s, private)
}

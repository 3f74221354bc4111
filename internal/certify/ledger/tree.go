package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"github.com/jackc/pgx/v5"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"

	"techmarket/internal/platform/postgres"
)

// hasher is the tree hashing of RFC 6962 over a suite's hash; rfc6962.Hasher takes only registered hashes, not SM3.
type hasher struct{ Suite }

func (h hasher) EmptyRoot() []byte { return h.digest(nil) }

func (h hasher) HashLeaf(leaf []byte) []byte {
	return h.digest(append(append(make([]byte, 0, 1+len(leaf)), 0), leaf...))
}

func (h hasher) HashChildren(l, r []byte) []byte {
	b := append(make([]byte, 0, 1+len(l)+len(r)), 1)
	return h.digest(append(append(b, l...), r...))
}

func (h hasher) Size() int { return 32 }

// blockLevel is the level of the tree that is kept in memory: 2⁸ = 256 rows a hash, 128 kB for a million rows.
const (
	blockLevel = 8
	blockSize  = 1 << blockLevel
)

// fill reads the hashes of rows that complete further blocks below size.
func (l *Ledger) fill(ctx context.Context, q postgres.Querier, h hasher, size int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	have := int64(len(l.blocks)) * blockSize
	upto := size / blockSize * blockSize
	if upto <= have {
		return nil
	}
	factory := compact.RangeFactory{Hash: h.HashChildren}
	block := factory.NewEmptyRange(0)
	return eachHash(ctx, q, have+1, upto, func(leaf Hash) error {
		if err := block.Append(h.HashLeaf(leaf), nil); err != nil {
			return err
		}
		if block.End() < blockSize {
			return nil
		}
		root, err := block.GetRootHash(nil)
		l.blocks = append(l.blocks, root)
		block = factory.NewEmptyRange(0)
		return err
	})
}

// nodes answers for any complete node of the tree over the first size rows.
type nodes struct {
	h      hasher
	blocks []Hash
	leaf   func(index uint64) ([]byte, error) // hash of a leaf, by number from 0
}

func (n nodes) get(level uint, index uint64) ([]byte, error) {
	switch {
	case level == 0:
		return n.leaf(index)
	case level == blockLevel && index < uint64(len(n.blocks)):
		return n.blocks[index], nil
	}
	left, err := n.get(level-1, 2*index)
	if err != nil {
		return nil, err
	}
	right, err := n.get(level-1, 2*index+1)
	if err != nil {
		return nil, err
	}
	return n.h.HashChildren(left, right), nil
}

// root computes the tree head over rows begin … begin+size−1; begin is a multiple of the next power of two ≥ size.
func (n nodes) root(begin, size uint64) ([]byte, error) {
	if size == 0 {
		return n.h.EmptyRoot(), nil
	}
	if size&(size-1) == 0 {
		level := uint(bits.TrailingZeros64(size))
		return n.get(level, begin>>level)
	}
	split := uint64(1) << (bits.Len64(size-1) - 1)
	left, err := n.root(begin, split)
	if err != nil {
		return nil, err
	}
	right, err := n.root(begin+split, size-split)
	if err != nil {
		return nil, err
	}
	return n.h.HashChildren(left, right), nil
}

// tree reads what a question about the first size rows needs: whole blocks from memory, and the rows of the block
// around index and of the unfinished block at the end from the database.
func (l *Ledger) tree(ctx context.Context, q postgres.Querier, suite Suite, size, index int64) (nodes, error) {
	h := hasher{suite}
	if err := l.fill(ctx, q, h, size); err != nil {
		return nodes{}, err
	}
	leaves := map[uint64][]byte{}
	read := func(from, to int64) error { // numbers from 0, to exclusive
		i := uint64(from)
		return eachHash(ctx, q, from+1, to, func(leaf Hash) error {
			leaves[i] = h.HashLeaf(leaf)
			i++
			return nil
		})
	}
	tail := size / blockSize * blockSize
	if err := read(tail, size); err != nil {
		return nodes{}, err
	}
	if index < tail {
		from := index / blockSize * blockSize
		if err := read(from, from+blockSize); err != nil {
			return nodes{}, err
		}
	}
	l.mu.Lock()
	blocks := l.blocks
	l.mu.Unlock()
	return nodes{h: h, blocks: blocks, leaf: func(i uint64) ([]byte, error) {
		if leaf, ok := leaves[i]; ok {
			return leaf, nil
		}
		return nil, fmt.Errorf("ledger: row %d is missing", i+1)
	}}, nil
}

func (l *Ledger) rootAt(ctx context.Context, q postgres.Querier, suite Suite, size int64) (Hash, error) {
	n, err := l.tree(ctx, q, suite, size, size-1)
	if err != nil {
		return nil, err
	}
	return n.root(0, uint64(size))
}

// Proof shows that a row is in the tree under a signed root; anybody can check it with VerifyProof.
type Proof struct {
	Row       Row    `json:"row"`
	Root      Root   `json:"root"`
	Path      []Hash `json:"path"`      // RFC 6962 audit path, from the leaf up
	PublicKey string `json:"publicKey"` // of the root's signature, as the chain declares it
}

// Prove makes the inclusion proof of a row under the latest signed root; NotFound where the row is not there or not
// yet under a root. Public.
func (l *Ledger) Prove(ctx context.Context, seq int64) (Proof, error) {
	p, err := l.prove(ctx, seq)
	return p, notFound(err, "登记簿里没有这一行，或还没有签入根，请一分钟后再试")
}

func (l *Ledger) prove(ctx context.Context, seq int64) (Proof, error) {
	p := Proof{Path: []Hash{}}
	var err error
	if p.Root, err = lastRoot(ctx, l.db); err != nil {
		return p, err
	}
	if seq < 1 || seq > p.Root.Size {
		return p, pgx.ErrNoRows
	}
	if p.Row, err = rowBySeq(ctx, l.db, seq); err != nil {
		return p, err
	}
	suite, err := SuiteByName(p.Root.Suite)
	if err != nil {
		return p, err
	}
	d, err := declared(ctx, l.db, p.Root.KeyID)
	if err != nil {
		return p, err
	}
	p.PublicKey = d.PublicKey
	n, err := l.tree(ctx, l.db, suite, p.Root.Size, seq-1)
	if err != nil {
		return p, err
	}
	ids, err := proof.Inclusion(uint64(seq-1), uint64(p.Root.Size))
	if err != nil {
		return p, fmt.Errorf("ledger: prove: %w", err)
	}
	hashes := make([][]byte, len(ids.IDs))
	for i, id := range ids.IDs {
		if hashes[i], err = n.get(id.Level, id.Index); err != nil {
			return p, err
		}
	}
	if hashes, err = ids.Rehash(hashes, n.h.HashChildren); err != nil {
		return p, fmt.Errorf("ledger: prove: %w", err)
	}
	for _, h := range hashes {
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// VerifyProof checks the row's own hash, the path to the root and the root's signature. It trusts Proof.PublicKey:
// compare its id with a certificate's or with the chain.
func VerifyProof(p Proof) error {
	suite, err := SuiteByName(p.Root.Suite)
	if err != nil {
		return err
	}
	if p.Row.digest(suite).String() != p.Row.Hash.String() {
		return errors.New("ledger: proof: the row does not have its hash")
	}
	path := make([][]byte, len(p.Path))
	for i, h := range p.Path {
		path[i] = h
	}
	h := hasher{suite}
	if p.Row.Seq < 1 || p.Root.Size < 1 {
		return errors.New("ledger: proof: no such row")
	}
	if err := proof.VerifyInclusion(h, uint64(p.Row.Seq-1), uint64(p.Root.Size), h.HashLeaf(p.Row.Hash), path, p.Root.Root); err != nil {
		return fmt.Errorf("ledger: proof: %w", err)
	}
	public, err := ParsePublicKey(suite, p.PublicKey)
	if err != nil {
		return err
	}
	if public.ID != p.Root.KeyID || !public.Verify(p.Root.statement(), p.Root.Signature) {
		return errors.New("ledger: proof: the root's signature is wrong")
	}
	return nil
}

package vector

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	upsertVector = `insert into listing_vector (document, kind, model, digest, vector, updated_at)
		values (@document, @kind, @model, @digest, @vector, @at)
		on conflict (document) do update set kind = excluded.kind, model = excluded.model, digest = excluded.digest,
		vector = excluded.vector, updated_at = excluded.updated_at`
	deleteVectors = `delete from listing_vector where document = any(@documents)`
	selectDigests = `select document, digest from listing_vector where model = @model and document = any(@documents)`
	selectHeld    = `select document, kind, vector from listing_vector where model = @model`
	selectNames   = `select document, model from listing_vector`
)

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type held struct {
	Document string
	Kind     string
	Vector   []byte
}

// digests are the texts' digests of those documents that have a vector of the model.
func digests(ctx context.Context, q querier, model string, documents []string) (map[string]string, error) {
	rows, err := q.Query(ctx, selectDigests, pgx.StrictNamedArgs{"model": model, "documents": documents})
	if err != nil {
		return nil, fmt.Errorf("vector digests: %w", err)
	}
	out := map[string]string{}
	var document string
	var digest []byte
	_, err = pgx.ForEachRow(rows, []any{&document, &digest}, func() error {
		out[document] = string(digest)
		return nil
	})
	return out, err
}

// models says of which model each document's vector is.
func models(ctx context.Context, q querier) (map[string]string, error) {
	rows, err := q.Query(ctx, selectNames)
	if err != nil {
		return nil, fmt.Errorf("vector models: %w", err)
	}
	out := map[string]string{}
	var document, model string
	_, err = pgx.ForEachRow(rows, []any{&document, &model}, func() error {
		out[document] = model
		return nil
	})
	return out, err
}

// load yields all vectors of a model.
func load(ctx context.Context, q querier, model string, yield func(kind, document string, v []float32)) error {
	rows, err := q.Query(ctx, selectHeld, pgx.StrictNamedArgs{"model": model})
	if err != nil {
		return fmt.Errorf("load vectors: %w", err)
	}
	var h held
	_, err = pgx.ForEachRow(rows, []any{&h.Document, &h.Kind, &h.Vector}, func() error {
		yield(h.Kind, h.Document, floats(h.Vector))
		return nil
	})
	return err
}

func put(ctx context.Context, tx pgx.Tx, model, kind, document string, digest []byte, v []float32, at time.Time) error {
	_, err := tx.Exec(
		ctx,
		upsertVector,
		pgx.StrictNamedArgs{"document": document, "kind": kind, "model": model, "digest": digest, "vector": bytesOf(v), "at": at},
	)
	return err
}

func remove(ctx context.Context, tx pgx.Tx, documents []string) error {
	_, err := tx.Exec(ctx, deleteVectors, pgx.StrictNamedArgs{"documents": documents})
	return err
}

func bytesOf(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func floats(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}

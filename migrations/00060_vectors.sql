-- +goose Up
-- Vectors of the embedder, when one is configured (TECHMARKET_EMBEDDER_URL). They follow the index: one row a public document. A row
-- of another model, or of another text, is made anew by a job; losing them all loses nothing but time.
create table listing_vector (
    document   text        primary key,              -- as in the index: a12, d7
    kind       text        not null,
    model      text        not null,
    digest     bytea       not null,                 -- SHA-256 of the text that was embedded
    vector     bytea       not null,                 -- float32, little endian, length 1
    updated_at timestamptz not null
);


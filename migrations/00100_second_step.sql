-- +goose Up
-- Codes that replace the authenticator once each (sha256), and sessions that wait for the second step of signing in.
alter table account add column recovery_hashes text[] not null default '{}';
alter table session add column waits_for_code boolean not null default false;

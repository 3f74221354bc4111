-- +goose Up

-- What an API token may do. Tokens from before keep what they had, all that their person may; they end within a year.
alter table api_token add column scopes text[] not null default '{}';
update api_token set scopes = array[
    'market:read', 'market:write', 'trade:read', 'trade:write', 'certify:read', 'certify:write', 'services:read',
    'services:write', 'insight:read', 'people:read', 'people:write', 'site:read', 'site:write'];

-- +goose Up

-- Searches for a part of a name that read row by row before.
select create_trigram_index('register_entry_words', 'register_entry', 'listed_name');
select create_trigram_index('point_words', 'point', 'name', 'address');

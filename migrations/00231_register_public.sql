-- +goose Up

-- A need's public page, which is kept as bytes, proposes entries of registers: who withdraws a consent must be gone from it at once.
create trigger public_change after insert or update or delete or truncate on register_entry
    for each statement execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on register_grade
    for each statement execute function tell_public_change();

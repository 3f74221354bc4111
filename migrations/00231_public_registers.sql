-- +goose Up

-- Pages of guests name who can help with a need, see 00215.
create trigger public_change after insert or update or delete or truncate on register_entry
    for each statement execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on register_grade
    for each statement execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on register_origin
    for each statement execute function tell_public_change();
create trigger public_change after insert or update or delete or truncate on register_event
    for each statement execute function tell_public_change();

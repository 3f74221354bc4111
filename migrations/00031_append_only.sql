-- +goose Up

-- What was written into the register, the audit trail and the history of a case stays as it was written. The application never
-- updates or deletes these rows; the trigger stops a mistake in code and a hand at the console alike. Somebody who may alter
-- tables can still switch a trigger off: that is what the hash chain, the signed roots and the anchors are for.

-- +goose StatementBegin
create function refuse_append_only() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function refuse_event_rewrite() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and (exists (select from filing f where f.id = old.filing_id and f.is_sample)
            or exists (select from registration r where r.number = old.number and r.is_sample)) then
        return old;                                        -- the sample market can be taken away again
    end if;
    raise exception '% is append-only: % refused', tg_table_name, lower(tg_op) using errcode = 'restrict_violation';
end $$;
-- +goose StatementEnd

create trigger ledger_row_fixed before update or delete on ledger_row for each row execute function refuse_append_only();
create trigger ledger_row_kept before truncate on ledger_row for each statement execute function refuse_append_only();
create trigger ledger_root_fixed before update or delete on ledger_root for each row execute function refuse_append_only();
create trigger ledger_root_kept before truncate on ledger_root for each statement execute function refuse_append_only();
create trigger audit_row_fixed before update or delete on audit_row for each row execute function refuse_append_only();
create trigger audit_row_kept before truncate on audit_row for each statement execute function refuse_append_only();
create trigger period_entry_kept before truncate on period_entry for each statement execute function refuse_append_only();
create trigger filing_event_fixed before update or delete on filing_event for each row execute function refuse_event_rewrite();
create trigger filing_event_kept before truncate on filing_event for each statement execute function refuse_append_only();

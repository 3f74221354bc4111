-- +goose Up

-- What guests see of a public page is kept as bytes until the market changes (web/shared.go). Every statement that changes what a public
-- page shows says so at its commit, and the running program listens. Which tables no public page reads is named in
-- internal/platform/postgres/schematest.
-- +goose StatementBegin
create function tell_public_change() returns trigger language plpgsql as $$
begin
    perform pg_notify('public_change', '');
    return null;
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare
    name text;
begin
    foreach name in array array[
        'organisation', 'listing', 'listing_version', 'listing_event', 'listing_file',
        'broker_profile', 'broker_mandate', 'deal', 'notice', 'notice_objection', 'notice_event',
        'sale', 'sale_pause', 'sale_intent', 'sale_attempt', 'sale_event',
        'point', 'point_training', 'point_assessment', 'sla_policy', 'holiday',
        'contract', 'contract_version', 'filing', 'registration', 'certificate', 'period_entry', 'income',
        'published_figure', 'figure_definition', 'plan_target', 'plan_indicator', 'plan_value', 'policy', 'policy_question']
    loop
        execute format('create trigger public_change after insert or update or delete or truncate on %I
            for each statement execute function tell_public_change()', name);
    end loop;
end
$$;
-- +goose StatementEnd

-- Of an account only the name is public: signing in writes the others all day.
create trigger public_change after update of display_name, disabled_at on account
    for each statement execute function tell_public_change();

-- +goose Up

-- Several sellers of one contract: what each has of the price, and one entry a seller; the applicant's is part 0 and counts the contract.
alter table registration add shares jsonb;
alter table period_entry add part int not null default 0;
drop index period_entry_once;
create unique index period_entry_once on period_entry (number, version, kind, leg, booked_on, part);

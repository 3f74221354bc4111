-- +goose Up

-- Publish: events (路演、对接会、挑战赛日) with sign-up, check-in, 1:1 meetings and what came of them.
create table event (
    id             bigint generated always as identity primary key,
    kind           text        not null check (kind in ('roadshow','matchmaking','challenge_day','training','other')),
    title          text        not null,
    host_org       bigint      not null references organisation,
    host_account   bigint      not null references account,
    division       text        not null,
    place          text        not null default '',                    -- an address, or empty for an event on line
    link           text        not null default '',                    -- of the event on line; those admitted see it
    summary        text        not null,
    audience       text        not null default '',
    secrecy        text        not null default '',                    -- what must not be recorded or taken away
    languages      text        not null default '',
    begins_at      timestamptz not null,
    ends_at        timestamptz not null,
    signup_from    timestamptz not null,
    signup_until   timestamptz not null,
    capacity       int         not null check (capacity between 1 and 5000),
    admitted       int         not null default 0,                     -- seats taken; who walked in takes none
    by_host        boolean     not null default false,                 -- the host admits; else the order of arrival does
    booking_from   timestamptz,                                        -- null: an event without 1:1 meetings
    booking_until  timestamptz,
    meeting_cap    int         not null default 0 check (meeting_cap between 0 and 100), -- meetings of one person
    same_side      boolean     not null default false,                 -- people of one side may ask one another
    state          text        not null check (state in ('draft','open','closed','running','reporting','archived','cancelled')),
    reason         text        not null default '',                    -- of the cancellation
    placed_at      timestamptz,                                        -- when the plan of meetings was made
    finished_at    timestamptz,
    version        int         not null default 1,
    is_sample      boolean     not null default false,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    check (ends_at > begins_at),
    check (signup_until > signup_from and signup_until <= begins_at),
    check ((booking_from is null) = (booking_until is null)),
    check (booking_until > booking_from and booking_until <= begins_at),
    constraint event_capacity check (admitted between 0 and capacity)
);
create index event_host on event (host_org, id desc);
create index event_public on event (begins_at) where state not in ('draft');
create index event_due on event (state, begins_at) where state in ('open','closed','running','reporting');
create trigger public_change after insert or update or delete or truncate on event
    for each statement execute function tell_public_change();

-- A line of the programme; a roadshow's line names the listing that is pitched.
create table event_item (
    event_id   bigint      not null references event on delete cascade,
    number     int         not null check (number between 1 and 60),
    begins_at  timestamptz not null,
    title      text        not null,
    speaker    text        not null default '',
    listing_id bigint references listing,
    primary key (event_id, number)
);
create index event_item_listing on event_item (listing_id) where listing_id is not null;
create trigger public_change after insert or update or delete or truncate on event_item
    for each statement execute function tell_public_change();

-- A slot of 1:1 meetings, and its tables: a meeting sits at one of them, so that no slot has more meetings than tables.
create table event_slot (
    id        bigint generated always as identity primary key,
    event_id  bigint      not null references event on delete cascade,
    begins_at timestamptz not null,
    ends_at   timestamptz not null,
    tables    int         not null check (tables between 1 and 500),
    check (ends_at > begins_at)
);
create unique index event_slot_at on event_slot (event_id, begins_at);
create table event_table (
    slot_id bigint not null references event_slot on delete cascade,
    number  int    not null check (number between 1 and 500),
    primary key (slot_id, number)
);

create table event_signup (
    id         bigint generated always as identity primary key,
    event_id   bigint      not null references event on delete cascade,
    account_id bigint references account,                              -- null: walked in
    org_id     bigint references organisation,
    name       text        not null,
    unit       text        not null,
    phone      text        not null default '',                        -- of who walked in; sealed
    side       text        not null check (side in ('supply','demand','finance','service','other')),
    listings   bigint[]    not null default '{}',                      -- own ones: the profile
    note       text        not null default '',
    meetings   boolean     not null default false,                     -- wants 1:1 meetings
    away       bigint[]    not null default '{}',                      -- slots in which the person is not there
    state      text        not null check (state in
        ('asked','admitted','waitlisted','declined','cancelled','present','no_show')),
    reason     text        not null default '',
    code       text        not null default '',                        -- sealed: shown to its owner again
    code_hash  text,
    short_hash text,                                                   -- of the six characters that are typed
    walked_in  boolean     not null default false,
    asked_at   timestamptz not null,
    present_at timestamptz,
    updated_at timestamptz not null,
    check (walked_in or account_id is not null),
    check ((code_hash is null) = (short_hash is null))
);
create unique index event_signup_person on event_signup (event_id, account_id) where state not in ('cancelled','declined');
create unique index event_signup_code on event_signup (event_id, code_hash);
create unique index event_signup_short on event_signup (event_id, short_hash);
create index event_signup_order on event_signup (event_id, state, asked_at, id);
create index event_signup_account on event_signup (account_id, id desc);
create index event_signup_org on event_signup (org_id);

-- A wish for a meeting, from asking to what came of it. A booked one has a slot and a table.
create table event_wish (
    id          bigint generated always as identity primary key,
    event_id    bigint      not null references event on delete cascade,
    from_signup bigint      not null references event_signup on delete cascade,
    to_signup   bigint      not null references event_signup on delete cascade,
    reason      text        not null,
    answer      text        not null default '',
    why         text        not null default '' check (why in ('','no_common_slot','full')), -- of an accepted one without a slot
    state       text        not null check (state in ('asked','accepted','booked','declined','withdrawn','cancelled')),
    slot_id     bigint references event_slot,
    table_no    int,
    asked_at    timestamptz not null,
    updated_at  timestamptz not null,
    check (from_signup <> to_signup),
    check ((state = 'booked') = (slot_id is not null)),
    check ((slot_id is null) = (table_no is null)),
    foreign key (slot_id, table_no) references event_table (slot_id, number)
);
create unique index event_wish_pair on event_wish (least(from_signup, to_signup), greatest(from_signup, to_signup))
    where state in ('asked','accepted','booked');
create unique index event_wish_table on event_wish (slot_id, table_no);
create index event_wish_event on event_wish (event_id, state);
create index event_wish_from on event_wish (from_signup);
create index event_wish_to on event_wish (to_signup);

-- Who sits where: one meeting a person and slot.
create table event_seat (
    slot_id   bigint not null references event_slot on delete cascade,
    signup_id bigint not null references event_signup on delete cascade,
    wish_id   bigint not null references event_wish on delete cascade,
    primary key (slot_id, signup_id)
);
create index event_seat_signup on event_seat (signup_id);
create index event_seat_wish on event_seat (wish_id);

-- What each of the two says came of a meeting.
create table event_result (
    wish_id   bigint      not null references event_wish on delete cascade,
    signup_id bigint      not null references event_signup on delete cascade,
    result    text        not null check (result in ('none','again','intent','papers')),
    note      text        not null default '',
    at        timestamptz not null,
    primary key (wish_id, signup_id)
);
create index event_result_signup on event_result (signup_id);

-- What somebody promised to do next.
create table event_task (
    id         bigint generated always as identity primary key,
    event_id   bigint      not null references event on delete cascade,
    wish_id    bigint      not null references event_wish on delete cascade,
    signup_id  bigint      not null references event_signup on delete cascade, -- its owner
    due_on     date        not null,
    state      text        not null check (state in ('open','done')),
    reason     text        not null default '',                        -- why it was moved, or what was done
    moved      int         not null default 0,
    deal_id    bigint references deal,                                 -- the interest that it led to
    done_at    timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check ((state = 'done') = (done_at is not null))
);
create unique index event_task_of on event_task (wish_id, signup_id);
create index event_task_event on event_task (event_id, state, due_on);
create index event_task_signup on event_task (signup_id, state);
create index event_task_deal on event_task (deal_id) where deal_id is not null;

-- Figures as they stood 30 and 180 days after the end.
create table event_report (
    event_id bigint      not null references event on delete cascade,
    days     int         not null check (days in (30, 180)),
    figures  jsonb       not null,
    made_at  timestamptz not null,
    primary key (event_id, days)
);

create table event_step (
    id         bigint generated always as identity primary key,
    event_id   bigint      not null references event on delete cascade,
    at         timestamptz not null,
    account_id bigint references account,                              -- null: the clock
    act        text        not null,
    from_state text        not null check (from_state in
        ('','draft','open','closed','running','reporting','archived','cancelled')),
    to_state   text        not null check (to_state in ('draft','open','closed','running','reporting','archived','cancelled')),
    reason     text        not null default ''
);
create index event_step_of on event_step (event_id, id);

-- Contracts that an event led to: of interests that its tasks became, as the register has them. C is the contract amount.
create view event_contract as
select distinct t.event_id, r.number, r.amount, r.registered_on, r.ended_on
from event_task t join contract c on c.deal_id = t.deal_id join registration r on r.contract_id = c.id;

-- +goose Up

-- Trade: public notices (公示) and sales by bidding (挂牌竞价).

-- A notice of a price, winner, reward, grant of rights or leaders' reward. Running, suspended and passed follow from the times and the
-- open objections, so only void and withdrawn are kept as ended.
create table notice (
    id              bigint generated always as identity primary key,
    use             text        not null check (use in ('price','winner','reward','grant','leader_reward')),
    organisation_id bigint      not null references organisation,
    title           text        not null,
    body            text        not null,
    party           text        not null default '', -- the intended buyer, winner or person
    amount_fen      bigint,
    related         boolean     not null,            -- the party is an inventor or related: the law wants it marked
    decider         bigint      not null references account, -- of the price; may not answer objections
    days            int         not null,
    unit            text        not null check (unit in ('calendar','working')),
    min_reason      int         not null,
    period          int         not null default 1,  -- a void notice published anew begins the next
    begins_at       timestamptz,                     -- null while a draft
    last_day        date,
    ends_at         timestamptz,                     -- midnight after last_day
    ended           text        not null default '' check (ended in ('','void','withdrawn')),
    reason          text        not null default '',
    passed_at       timestamptz,                     -- told by the job; the notice has passed at ends_at all the same
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index notice_org on notice (organisation_id, id desc);
create index notice_due on notice (ends_at) where passed_at is null and ended = '' and begins_at is not null;

-- Objections; a late one is a complaint and stops nothing.
create table notice_objection (
    id          bigint generated always as identity primary key,
    notice_id   bigint      not null references notice on delete cascade,
    period      int         not null,
    key         text        not null,                -- of the form: sent twice, kept once
    at          timestamptz not null,
    account_id  bigint      not null references account,
    reason      text        not null,
    evidence    text        not null default '',
    complaint   boolean     not null,
    outcome     text        not null default '' check (outcome in ('','reject','uphold_minor','uphold')),
    reply       text        not null default '',
    answered_by bigint      references account,
    answered_at timestamptz,
    unique (notice_id, period, account_id, key)
);

-- What happened to a notice, refused events too.
create table notice_event (
    id         bigint generated always as identity primary key,
    notice_id  bigint      not null references notice on delete cascade,
    at         timestamptz not null,
    account_id bigint,
    event      text        not null,
    refusal    text        not null default '',
    reason     text        not null default ''
);
create index notice_event_notice on notice_event (notice_id, id);

-- A sale by open ascending bidding: its terms and where the bidding stands.
create table sale (
    id              bigint generated always as identity primary key,
    state           text        not null
        check (state in ('draft','in_review','disclosed','sold','unsold','withdrawn','confirmed','defaulted')),
    organisation_id bigint      not null references organisation,
    created_by      bigint      not null references account,
    title           text        not null,
    object          text        not null,            -- what is sold, with its rights and encumbrances
    conditions      text        not null default '', -- what a taker must fulfil
    start_fen       bigint      not null,
    step_fen        bigint      not null,
    step_multiple   boolean     not null,
    window_minutes  int         not null,
    grace_seconds   int         not null,
    reserve_fen     bigint,                          -- null: open, equal to the start
    deposit_fen     bigint      not null,
    begins_at       timestamptz not null,
    planned_end     timestamptz not null,
    ends_at         timestamptz not null,            -- moved by late bids and pauses
    leader          text        not null default '', -- code of the top bid
    top_fen         bigint      not null default 0,
    seq             int         not null default 0,  -- accepted bids
    turns           int         not null default 0,  -- attempts that had the lock
    alarm           boolean     not null default false,
    withdrawn_at    timestamptz,
    ended_at        timestamptz,                     -- when the finish job decided
    reason          text        not null default '',
    is_sample       boolean     not null default false,
    created_at      timestamptz not null,
    updated_at      timestamptz not null
);
create index sale_org on sale (organisation_id, id desc);
create index sale_due on sale (ends_at) where state = 'disclosed';

-- Stops by the desk; counted is null until the bidding has looked at it.
create table sale_pause (
    sale_id bigint      not null references sale on delete cascade,
    number  int         not null,
    from_at timestamptz not null,
    to_at   timestamptz,
    counted boolean     not null,
    reason  text        not null,
    primary key (sale_id, number)
);

-- Intents (意向受让) with their code, deposit and rank of priority.
create table sale_intent (
    id              bigint generated always as identity primary key,
    sale_id         bigint      not null references sale on delete cascade,
    organisation_id bigint      not null references organisation,
    account_id      bigint      not null references account,
    code            text        not null,
    state           text        not null check (state in ('filed','qualified','refused')),
    related         boolean     not null,            -- to the owner: excluded
    rank            int,                             -- of a priority holder; 1 is best
    voucher         text        not null default '', -- of the bank or partner
    confirmed_at    timestamptz,                     -- the deposit
    reason          text        not null default '',
    filed_at        timestamptz not null,
    unique (sale_id, organisation_id),
    unique (sale_id, code)
);
create index sale_intent_org on sale_intent (organisation_id, id desc);

-- Every attempt to bid, refused ones too, in the order of the lock (turn). The row is written before the lock is asked for.
create table sale_attempt (
    id           bigint generated always as identity primary key,
    sale_id      bigint      not null references sale on delete cascade,
    code         text        not null,
    key          text        not null,
    account_id   bigint      not null references account,
    amount_fen   bigint      not null,
    arrived_at   timestamptz not null,
    served_at    timestamptz,
    turn         int,
    accepted     boolean     not null default false,
    refusal      text        not null default '',
    seq          int,
    ends_at      timestamptz,
    next_min_fen bigint,
    unique (sale_id, code, key)
);
create unique index sale_attempt_turn on sale_attempt (sale_id, turn);

-- What happened to a sale beside the bids.
create table sale_event (
    id         bigint generated always as identity primary key,
    sale_id    bigint      not null references sale on delete cascade,
    at         timestamptz not null,
    account_id bigint,
    event      text        not null,
    from_state text        not null
        check (from_state in ('draft','in_review','disclosed','sold','unsold','withdrawn','confirmed','defaulted')),
    to_state   text        not null
        check (to_state in ('draft','in_review','disclosed','sold','unsold','withdrawn','confirmed','defaulted')),
    reason     text        not null default ''
);
create index sale_event_sale on sale_event (sale_id, id);

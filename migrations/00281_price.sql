-- +goose Up

-- Price evidence: the policy of cells, and every range that was shown, so that two answers of a quarter cannot be subtracted.
create table price_policy (
    from_on       date primary key,
    min_contracts int  not null check (min_contracts > 0),
    min_sellers   int  not null check (min_sellers > 0),
    min_buyers    int  not null check (min_buyers > 0),
    dominance_bp  int  not null check (dominance_bp between 0 and 10000), -- of the two largest together
    n_bands       int[] not null,                                         -- lower bounds of the bands in which a number is told
    source        text not null
);
insert into price_policy (from_on, min_contracts, min_sellers, min_buyers, dominance_bp, n_bands, source) values
    ('2000-01-01', 5, 5, 5, 8500, '{5,10,20}', '统计保密的通行做法：至少五个单位，前两名合计不到 85%；本市场自定，不是法定标准');

create table price_shown (
    way      text not null,
    field    text not null,
    region   text not null,
    from_day date not null,
    to_day   date not null,
    n        int  not null,
    on_day   date not null,
    primary key (way, field, region, from_day, to_day, n, on_day)
);

-- What the evidence may read of a registration. Parties are told apart and not named.
create view price_contract as
    select r.number as id, r.registered_on as signed, left(r.class, 2) as way, r.field, r.seller_division as region, r.amount,
        coalesce('o' || r.seller_org, r.seller_name) as seller, coalesce('o' || r.buyer_org, r.buyer_name) as buyer, r.is_sample
    from registration r where r.state in ('registered', 'changing');

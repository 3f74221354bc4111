-- +goose Up

-- The organisations of this market that sell beside the applicant, as the version handed in last names them: they read the contract, its
-- registration and certificate.
alter table contract add co_seller_orgs bigint[] not null default '{}';
create index contract_co_seller_orgs on contract using gin (co_seller_orgs);

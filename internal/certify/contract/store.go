package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/platform/postgres"
)

const contractColumns = `id, coalesce(deal_id, 0) as deal_id, coalesce(seller_org, 0) as seller_org,
	coalesce(buyer_org, 0) as buyer_org, co_seller_orgs, applicant_org, created_by, coalesce(broker_account, 0) as broker_account,
	state, version, content, registered_version, is_sample, created_at, updated_at`

const (
	selectContract  = `select ` + contractColumns + ` from contract where id = @id`
	selectForUpdate = selectContract + ` for update`
	selectIDByDeal  = `select id from contract where deal_id = @deal and state <> 'closed'`
	insertContract  = `insert into contract (deal_id, seller_org, buyer_org, applicant_org, created_by, broker_account,
	state, content, is_sample, created_at, updated_at)
values (nullif(@deal::bigint, 0), nullif(@seller::bigint, 0), nullif(@buyer::bigint, 0), @applicant, @account,
	nullif(@broker::bigint, 0), @state, @content, @sample, @now, @now)
on conflict (deal_id) where deal_id is not null and state <> 'closed' do nothing
returning id`
	updateContract = `update contract set state = @state, version = @version, content = @content, buyer_org = nullif(@buyer::bigint, 0),
	co_seller_orgs = coalesce(@co_sellers::bigint[], '{}'), registered_version = @registered, updated_at = @now where id = @id`
	listContracts = `select ` + contractColumns + ` from contract
where (applicant_org = @org or seller_org = @org or buyer_org = @org or co_seller_orgs @> array[@org::bigint]
	or broker_account = @broker)
	and (@state::text = '' or state = @state) and (@deal::bigint = 0 or deal_id = @deal) and (@after::bigint = 0 or id < @after)
order by id desc limit @limit`

	// The contracts of introduced pairs: of the introduction itself, and registered ones of the same two that do not name the broker.
	selectOfPairs = `select t.deal, c.deal_id is not distinct from t.deal as own, c.registered_version > 0 as registered,
	c.created_at, c.updated_at
from unnest(@deals::bigint[], @sellers::bigint[], @buyers::bigint[], @froms::timestamptz[], @tos::timestamptz[])
	as t(deal, seller, buyer, begins, ends)
join contract c on c.seller_org = t.seller and c.buyer_org = t.buyer and c.state <> 'closed'
where c.deal_id = t.deal and c.broker_account = @broker
	or c.registered_version > 0 and c.broker_account is distinct from @broker and c.created_at between t.begins and t.ends
order by t.deal, c.id limit 500`
	countByBroker = `select broker_account, count(*) from contract
where broker_account = any(@accounts) and registered_version > 0 and state <> 'closed' and (@sample or not is_sample)
group by broker_account`

	coSellersOf = `select co_seller_orgs from contract where id = @id`
	coSoldBy    = `select id from contract where co_seller_orgs @> array[@org::bigint]`

	selectFiles = `select file_id, role, name, digest, size, added_at from contract_file
where contract_id = @id order by added_at, file_id`
	insertFile = `insert into contract_file (contract_id, file_id, role, name, digest, size, added_at, added_by)
values (@id, @file, @role, @name, @digest, @size, @now, @account)
on conflict (contract_id, file_id) do update set role = excluded.role`
	deleteFile  = `delete from contract_file where contract_id = @id and file_id = @file`
	deleteFiles = `delete from contract_file where contract_id = @id`

	insertVersion = `insert into contract_version (contract_id, number, content, files, text_digest, frozen_at)
select @id, coalesce(max(number), 0) + 1, @content, @files, @digest, @now
from contract_version where contract_id = @id
returning number`
	versionColumns = `contract_id, number, content, files, text_digest, frozen_at`
	selectVersion  = `select ` + versionColumns + ` from contract_version where contract_id = @id and number = @number`
	selectVersions = `select ` + versionColumns + ` from contract_version where contract_id = @id order by number`
	latestVersion  = `select coalesce(max(number), 0) from contract_version where contract_id = @id`
)

type contractRow struct {
	ID                int64
	DealID            int64
	SellerOrg         int64
	BuyerOrg          int64
	CoSellerOrgs      []int64
	ApplicantOrg      int64
	CreatedBy         int64
	BrokerAccount     int64
	State             State
	Version           int
	Content           Content
	RegisteredVersion int
	IsSample          bool
	CreatedAt         time.Time
	UpdatedAt         time.Time
}

func (r contractRow) contract() Contract {
	return Contract{ID: r.ID, DealID: r.DealID, SellerOrg: r.SellerOrg, BuyerOrg: r.BuyerOrg, CoSellerOrgs: r.CoSellerOrgs,
		ApplicantOrg: r.ApplicantOrg, CreatedBy: r.CreatedBy, BrokerAccount: r.BrokerAccount, State: r.State, Version: r.Version,
		Content:           r.Content,
		RegisteredVersion: r.RegisteredVersion, Sample: r.IsSample, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

type fileRow struct {
	FileID  int64
	Role    FileRole
	Name    string
	Digest  string
	Size    int64
	AddedAt time.Time
}

// load reads a contract with its files; lock takes the row for the transaction.
func load(ctx context.Context, q postgres.Querier, id int64, lock bool) (Contract, error) {
	sql := selectContract
	if lock {
		sql = selectForUpdate
	}
	rows, err := q.Query(ctx, sql, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return Contract{}, err
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[contractRow])
	if err != nil {
		return Contract{}, err
	}
	c := row.contract()
	c.Files, err = loadFiles(ctx, q, id)
	return c, err
}

func loadFiles(ctx context.Context, q postgres.Querier, id int64) ([]File, error) {
	rows, err := q.Query(ctx, selectFiles, pgx.StrictNamedArgs{"id": id})
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (File, error) {
		f, err := pgx.RowToStructByName[fileRow](r)
		return File{ID: f.FileID, Role: f.Role, Name: f.Name, Digest: f.Digest, Size: f.Size, AddedAt: f.AddedAt}, err
	})
}

// create inserts a draft; a contract of that deal that exists already is returned instead, made = false.
func create(ctx context.Context, tx pgx.Tx, c Contract) (id int64, made bool, err error) {
	err = tx.QueryRow(ctx, insertContract, pgx.StrictNamedArgs{"deal": c.DealID, "seller": c.SellerOrg, "buyer": c.BuyerOrg,
		"applicant": c.ApplicantOrg, "account": c.CreatedBy, "broker": c.BrokerAccount, "state": c.State,
		"content": c.Content, "sample": c.Sample, "now": c.CreatedAt}).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err == nil, err
	}
	err = tx.QueryRow(ctx, selectIDByDeal, pgx.StrictNamedArgs{"deal": c.DealID}).Scan(&id)
	return id, false, err
}

// store writes the working document and counts the version up.
func (c *Contract) store(ctx context.Context, tx pgx.Tx, now time.Time) error {
	c.Version++
	c.UpdatedAt = now
	_, err := tx.Exec(ctx, updateContract, pgx.StrictNamedArgs{"id": c.ID, "state": c.State, "version": c.Version,
		"content": c.Content, "buyer": c.BuyerOrg, "co_sellers": c.CoSellerOrgs, "registered": c.RegisteredVersion, "now": now})
	return err
}

func addFile(ctx context.Context, tx pgx.Tx, contract, account int64, f File) error {
	_, err := tx.Exec(ctx, insertFile, pgx.StrictNamedArgs{"id": contract, "file": f.ID, "role": f.Role, "name": f.Name,
		"digest": f.Digest, "size": f.Size, "now": f.AddedAt, "account": account})
	return err
}

// restoreFiles puts the attachments of a frozen version back in place of the working ones.
func restoreFiles(ctx context.Context, tx pgx.Tx, contract, account int64, files []File) error {
	if _, err := tx.Exec(ctx, deleteFiles, pgx.StrictNamedArgs{"id": contract}); err != nil {
		return err
	}
	for _, f := range files {
		if err := addFile(ctx, tx, contract, account, f); err != nil {
			return err
		}
	}
	return nil
}

// freeze inserts the next version and returns its number; the caller holds the contract's row.
func freeze(ctx context.Context, tx pgx.Tx, f Frozen) (number int, err error) {
	err = tx.QueryRow(ctx, insertVersion, pgx.StrictNamedArgs{"id": f.ContractID, "content": f.Content, "files": f.Files,
		"digest": f.TextDigest, "now": f.FrozenAt}).Scan(&number)
	return number, err
}

func collectVersions(ctx context.Context, q postgres.Querier, sql string, args pgx.StrictNamedArgs) ([]Frozen, error) {
	rows, err := q.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByName[Frozen])
	if err != nil {
		return nil, fmt.Errorf("versions: %w", err)
	}
	return out, nil
}

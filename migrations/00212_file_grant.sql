-- +goose Up

-- What every stored file belongs to: the object (its kind, and its number or its text number) and the part of the object. Who sees that
-- part of that object may read the file, nobody else (package files). A room that begins to keep files adds its lines here, by a new
-- migration that says `create or replace view`.
create view file_grant (file_id, object, id, number, part) as
    select file_id, 'contract', contract_id, '', 'paper' from contract_file
    union all
    select (f ->> 'id')::bigint, 'contract', v.contract_id, '', 'paper'
        from contract_version v cross join jsonb_array_elements(v.files) f
    union all
    select (f ->> 'id')::bigint, 'filing', x.id, '', 'paper'
        from filing x join contract_version v on v.contract_id = x.contract_id and v.number = x.contract_version
        cross join jsonb_array_elements(v.files) f
    union all
    select (x.review ->> 'minutesFileId')::bigint, 'filing', x.id, '', 'minutes' from filing x
        where (x.review ->> 'minutesFileId')::bigint <> 0
    union all
    select (v ->> 'minutesFileId')::bigint, 'filing', x.id, '', 'minutes'
        from filing x cross join jsonb_array_elements(coalesce(x.review -> 'panel', '[]')) v
        where (v ->> 'minutesFileId')::bigint <> 0
    union all
    select file_id, 'registration', 0, number, 'certificate' from certificate where file_id is not null
    union all
    select file_id, 'registration', 0, number, 'income' from income where file_id is not null
    union all
    select file_id, 'registration', 0, number, 'payment' from payment_proof
    union all
    select file_id, 'deal', deal_id, '', 'thread' from deal_file
    union all
    select file_id, 'listing', listing_id, '', case when public and role <> 'evidence' then 'public' else 'inside' end from listing_file
    union all
    select unnest(file_ids), 'export', id, '', 'result' from registration_export
    union all
    select marked_file, 'history', id, '', 'result' from registration_import where marked_file is not null
    union all
    select marked_file, 'import', id, '', 'result' from import_batch where marked_file is not null;

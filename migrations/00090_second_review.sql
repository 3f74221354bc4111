-- +goose Up

-- What a point decides about its second review, within the region's rule that there always is one: who may do it, and from
-- which T a case goes to the experts (分; null: from the policy's large amount, which it never exceeds).
alter table point
    add column second_review text not null default 'reviewer' check (second_review in ('reviewer','reviewer_or_head')),
    add column experts_from bigint check (experts_from > 0);

-- Who passed the second review does not register the case. Older cases are closed and never written again, so they need not
-- be looked at.
alter table filing add constraint filing_head_not_reviewer check (head <> reviewer) not valid;

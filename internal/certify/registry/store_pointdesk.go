package registry

const selectTraining = `select id, account_id, course, held_on, hours, passed, valid_to from point_training where point_id = @point order by held_on desc, id desc`

const insertTraining = `insert into point_training (point_id, account_id, course, held_on, hours, passed, valid_to, recorded_by, recorded_at)
	values (@point, @account, @course, @held_on, @hours, @passed, @valid_to, @by, @now)`

// Each figure counts the filings or entries whose own date lies in the year; a correction or return counts in the year of its case.
const selectFigures = `select
	(count(*) filter (where submitted_at >= @from and submitted_at < @to))::int as submitted,
	(count(*) filter (where accepted_at >= @from and accepted_at < @to))::int as accepted,
	(count(*) filter (where in_year))::int as decided,
	(count(*) filter (where in_year and 'declined' in (state, prior_state)))::int as declined,
	(count(*) filter (where in_year and 'refused' in (state, prior_state)))::int as refused,
	(select coalesce(sum(contracts), 0)::int from period_entry where point_id = @point and kind = 'register' and booked_on between @first::date and @last::date) as registered,
	(select coalesce(sum(amount), 0)::bigint from period_entry where point_id = @point and booked_on between @first::date and @last::date) as amount,
	(select coalesce(sum(technical), 0)::bigint from period_entry where point_id = @point and booked_on between @first::date and @last::date) as technical,
	(count(*) filter (where in_year and target_on is not null and decided_at::date <= target_on))::int as in_target,
	(count(*) filter (where in_year and legal_on is not null and decided_at::date > legal_on))::int as past_legal,
	(count(*) filter (where correction is not null and submitted_at >= @from and submitted_at < @to))::int as corrected,
	(select count(*)::int from filing_event e join filing g on g.id = e.filing_id where g.point_id = @point and e.event = 'return_to_review' and e.at >= @from and e.at < @to) as returned,
	(select count(*)::int from registration where point_id = @point and 'cancelled' in (state, prior_state) and ended_on between @first::date and @last::date) as cancelled,
	(select count(*)::int from registration where point_id = @point and 'revoked' in (state, prior_state) and ended_on between @first::date and @last::date) as revoked,
	0 as staff, 0 as trained
	from (select *, decided_at >= @from and decided_at < @to as in_year from filing where point_id = @point) f`

const selectAssessments = `select point_id, year, figures, grade, opinion, assessed_by, assessed_at from point_assessment where point_id = @point order by year desc`

const insertAssessment = `insert into point_assessment (point_id, year, figures, grade, opinion, assessed_by, assessed_at)
	values (@point, @year, @figures, @grade, @opinion, @by, @now) on conflict do nothing`

const lockOpenOfPoint = `select ` + filingColumns + ` from filing where point_id = @point and decided_at is null order by id for update`

const updateFilingPoint = `update filing set point_id = @point, division = @division, version = version + 1, updated_at = @now where id = @id`

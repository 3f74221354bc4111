package point

const selectTraining = `select id, account_id, course, held_on, hours, passed, valid_to from point_training where point_id = @point
	order by held_on desc, id desc`

const insertTraining = `insert into point_training (point_id,
	account_id, course, held_on, hours, passed, valid_to, recorded_by, recorded_at)
	values (@point, @account, @course, @held_on, @hours, @passed, @valid_to, @by, @now)`

const selectAssessments = `select point_id, year, figures, grade, opinion, assessed_by, assessed_at from point_assessment
	where point_id = @point order by year desc`

const insertAssessment = `insert into point_assessment (point_id, year, figures, grade, opinion, assessed_by, assessed_at)
	values (@point, @year, @figures, @grade, @opinion, @by, @now) on conflict do nothing`

package registry

import (
	"context"
	"slices"

	"techmarket/internal/foundation/fault"
)

// handOver gives a case to another registrar of the point with a note that the parties do not read. State, sheet and clock stay as they
// are; who has played another part in the case cannot take it.
func handOver(ctx context.Context, w *work) error {
	var bad fault.Fields
	bad.Required("text", w.Text, "请写明办到哪一步、还要注意什么")
	switch {
	case w.Colleague == 0:
		bad.Add("colleague", "required", "请选择接手的登记员")
	case w.Colleague == w.filing.Registrar:
		bad.Add("colleague", "same_registrar", "这一件已经由这位登记员办理，请选择另一位")
	case !slices.Contains(w.people, w.Colleague):
		bad.Add("colleague", "no_registrar", "只能移交给本登记点的登记员")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	err := play(ctx, w.tx, w.filing.ID, w.Colleague, Registrar)
	if fault.HasCode(err, "part_taken") {
		bad.Add("colleague", "part_taken", "这位同事办理过本件的另一步，请选择另一位登记员")
		return bad.Err()
	}
	if err != nil {
		return err
	}
	w.filing.Registrar, w.note, w.inside = w.Colleague, w.Text, true
	w.tell, w.say = []int64{w.Colleague}, "有一件移交给您接着办"
	return nil
}

// colleagues are the registrars of the point who could go on with a case.
func (s *Service) colleagues(ctx context.Context, c *Case, host int64) error {
	if !slices.Contains(c.Allowed, EventHandOver) {
		return nil
	}
	accounts, err := s.config.People.AccountsOf(ctx, host, Registrar.Roles()...)
	if err != nil {
		return err
	}
	accounts = slices.DeleteFunc(accounts, func(a int64) bool { return a == c.Filing.Registrar })
	c.Colleagues, err = s.members(ctx, accounts)
	return err
}

// Package quota bounds what one account, organisation, network address or mailbox may fill or send in a while: the one table of
// such limits, and the one store that counts them (docs/rules/security.md §3).
//
// It owns the table quota_use. Which request uses what is said at the door (web/cost.go); a use is counted in the transaction of
// its effect, so that what was not done was not counted. It refuses limits of sign-in attempts: they count failures, which have no
// transaction (people/identity).
package quota

import (
	"fmt"
	"slices"
	"time"

	"techmarket/internal/foundation/fault"
)

// Name is what is used up.
type Name string

// What can be used up.
const (
	SignUp   Name = "sign_up" // new accounts
	Reset    Name = "reset"   // asked for a new password
	Mail     Name = "mail"    // mails that somebody makes the market send to one mailbox
	Confirm  Name = "confirm" // confirmation mails asked for
	Invite   Name = "invite"
	Token    Name = "token"
	Draft    Name = "draft" // new listings, contracts, sales, notices
	Save     Name = "save"  // changes of what is there already
	Upload   Name = "upload"
	Import   Name = "import"
	Reveal   Name = "reveal" // contacts shown
	Watch    Name = "watch"  // saved searches
	Submit   Name = "submit" // what an officer or a desk must look at
	Contact  Name = "contact"
	Message  Name = "message" // in talks
	Question Name = "question"
	Work     Name = "work" // what costs the processor much
)

// Per is whose uses are counted together.
type Per string

// Whose uses are counted together.
const (
	Account      Per = "account"
	Organisation Per = "organisation"
	Address      Per = "address" // of the network: one IPv4 address, one IPv6 /64
	Mailbox      Per = "mailbox"
)

// Quota is one limit.
type Quota struct {
	Name   Name
	Per    Per
	Window time.Duration  // windows begin at whole hours or days in Asia/Shanghai
	Limit  int64          // of a confirmed organisation
	New    int64          // while the organisation is not confirmed; 0: the same
	What   fault.Sentence // what is limited, with its unit after the number
	Unit   fault.Sentence
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
	mib  = 1 << 20
)

// Quotas is the one table of limits.
func Quotas() []Quota {
	return []Quota{
		{SignUp, Address, hour, 10, 0, "注册账号", "个"},
		{SignUp, Address, day, 30, 0, "注册账号", "个"},
		{Reset, Address, hour, 30, 0, "申请重设密码", "次"},
		{Mail, Mailbox, day, 10, 0, "向同一邮箱发信", "封"},
		{Confirm, Account, day, 5, 0, "重发确认信", "次"},
		{Invite, Account, day, 30, 5, "发出邀请", "份"},
		{Invite, Organisation, day, 60, 10, "发出邀请", "份"},
		{Token, Account, day, 20, 0, "新建令牌", "个"},
		{Draft, Account, day, 200, 20, "新建内容", "项"},
		{Draft, Organisation, day, 600, 40, "新建内容", "项"},
		{Save, Account, hour, 600, 200, "保存", "次"},
		{Upload, Account, day, 500 * mib, 20 * mib, "上传文件", "MB"},
		{Upload, Organisation, day, 2000 * mib, 50 * mib, "上传文件", "MB"},
		{Import, Account, day, 50, 5, "批量导入", "次"},
		{Reveal, Account, day, 30, 0, "查看联系方式", "条"},
		{Reveal, Organisation, day, 100, 0, "查看联系方式", "条"},
		{Watch, Account, day, 50, 10, "新建订阅", "个"},
		{Submit, Account, day, 200, 20, "提交办理", "次"},
		{Contact, Account, day, 50, 5, "发起对接、委托和报名", "次"},
		{Contact, Organisation, day, 150, 10, "发起对接、委托和报名", "次"},
		{Message, Account, hour, 120, 30, "发送洽谈消息", "条"},
		{Question, Account, day, 20, 5, "提问和异议", "条"},
		{Work, Account, hour, 120, 30, "识别文件和文字", "次"},
	}
}

// Use is an amount that a request takes: a count, or bytes of Upload.
type Use struct {
	Name Name
	N    int64
}

// Subject is who uses.
type Subject struct {
	Account      int64
	Organisation int64
	Confirmed    bool   // the organisation is
	Address      string // remote address
	Mailbox      string
}

// of names the subject as far as the quota counts by it; "" where it does not apply (a guest has no account).
func (s Subject) of(p Per) string {
	switch {
	case p == Account && s.Account > 0:
		return fmt.Sprint(s.Account)
	case p == Organisation && s.Organisation > 0:
		return fmt.Sprint(s.Organisation)
	case p == Address && s.Address != "":
		return hidden(network(s.Address))
	case p == Mailbox && s.Mailbox != "":
		return hidden(s.Mailbox)
	}
	return ""
}

// limit is what the subject may use in one window.
func (q Quota) limit(s Subject) int64 {
	if q.New > 0 && !s.Confirmed {
		return q.New
	}
	return q.Limit
}

// applying are the quotas that count a use by the subject.
func applying(s Subject, name Name) []Quota {
	return slices.DeleteFunc(Quotas(), func(q Quota) bool { return q.Name != name || s.of(q.Per) == "" })
}

// over is the refusal that names the limit and when to go on. Kind too many "quota_NAME".
func (q Quota) over(s Subject, now, ends time.Time) error {
	n := q.limit(s)
	if q.Unit == "MB" {
		n /= mib
	}
	who := map[Per]fault.Sentence{Account: "每个账号", Organisation: "每个单位", Address: "每个网络地址", Mailbox: "每个邮箱"}[q.Per]
	span, again, mend := fault.Sentence("每小时"), fault.Sentence("请在下一个整点以后再试"), fault.Sentence("")
	if q.Window >= day {
		span, again = "每天", "请明天再试"
	}
	if q.New > 0 && !s.Confirmed {
		mend = "。单位确认以后可以更多"
	}
	f := fault.Newf(fault.TooMany, "quota_"+string(q.Name), "%s%s最多%s %d %s，已经用完，%s%s", who, span, q.What, n, q.Unit, again, mend)
	f.Wait = ends.Sub(now)
	return f
}

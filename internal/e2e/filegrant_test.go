package e2e

import (
	"context"
	"strconv"
	"testing"

	"techmarket/internal/app/apptest"
	"techmarket/internal/foundation/actor"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/files"
)

// The one decision of who may read a stored file (files.Reader): role × relation × state of what the file belongs to. Letters and
// columns are those of the matrix; "h" is not found, "-" no permission.
func TestFiles_AreReadExactlyByWhomTheObjectLetsSeeThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.things()
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		apptest.NoErr(t, err)
		return n
	}
	// Opinions of experts and proofs, each a file of its own.
	loose := func() string {
		return w.scan(`insert into file (digest, name, mime, size, purpose, owner_org, uploaded_by, created_at)
			select digest, 'x.pdf', mime, size, 'paper', null, null, now() from file where id = $1::bigint returning id::text`, m.contractFile)
	}
	minutes, openMinutes, vote, payment, income := loose(), loose(), loose(), loose(), loose()
	w.scan(`update filing set review = review || jsonb_build_object('minutesFileId', $2::bigint,
		'panel', jsonb_build_array(jsonb_build_object('minutesFileId', $3::bigint))) where id = $1::bigint returning id::text`,
		m.filing, minutes, vote)
	w.scan(`update filing set review = review || jsonb_build_object('minutesFileId', $2::bigint) where id = $1::bigint returning id::text`,
		m.open, openMinutes)
	w.scan(`insert into payment_proof (number, amount, paid_on, file_id, added_by, added_at)
		values ($1, 1, current_date, $2::bigint, $3, now()) returning id::text`, m.number, payment, w.who("company").AccountID)
	w.scan(`insert into income (number, amount, booked_on, booked_by, file_id)
		values ($1, 1, current_date, $3, $2::bigint) returning id::text`, m.number, income, w.who("registrar").AccountID)

	contract, filing, open := files.Object{Kind: "contract", ID: number(m.contract)}, files.Object{Kind: "filing", ID: number(m.filing)},
		files.Object{Kind: "filing", ID: number(m.open)}
	entry, talk := files.Object{Kind: "registration", Number: m.number}, files.Object{Kind: "deal", ID: number(m.deal)}
	listing := files.Object{Kind: "listing"}
	evidence := w.scan(`select file_id::text from listing_file where listing_id = $1::bigint`, m.draft)
	openFile := w.scan(`select max(file_id)::text from contract_file join filing using (contract_id) where filing.id = $1::bigint`, m.open)
	unattached := strconv.FormatInt(w.caller("member").file("contract", "还没有附上.pdf", pdf("loose")), 10)
	const none = "hhhhhhhhhhhhhhh"
	for _, c := range []struct {
		what string
		of   files.Object
		file string
		want string // guest, member, company, rival, broker | registrar, reviewer, head, expert, sibling | league, other, region, tax, system
	}{
		{"an attachment of a contract", contract, m.contractFile, "h++hhhhhhhhhhhh"},
		{"a file of the talk", talk, m.dealFile, "h++hhhhhhhhhhhh"},
		{"a paper of a decided case", filing, m.contractFile, "s++hh+++hh+h++h"},
		{"a paper of an open case", open, openFile, "s+hhh+++hh+h+hh"},
		{"the opinion that decided", filing, minutes, "shhhh+++hh+h+hh"},
		{"an expert's opinion", filing, vote, "shhhh+++hh+h+hh"},
		{"an expert's opinion on an open case", open, openMinutes, "shhhh+++hh+h+hh"},
		{"the certificate", entry, w.scan(`select file_id::text from certificate where number = $1`, m.number), "s++hh+++hh+h++h"},
		{"a proof of payment", entry, payment, "s++hh+++hh+h++h"},
		{"the paper of income", entry, income, "s++hh+++hh+h++h"},
		{"evidence of a draft", listing, evidence, "h+hhhhhhhhhhhhh"},
		{"an upload that nothing holds", listing, unattached, "h+hhhhhhhhhhhhh"},
		// What must not appear: a file asked for through something that does not hold it, or that nobody answers for.
		{"a contract's file through a listing", listing, openFile, "h+hhhhhhhhhhhhh"}, // the uploader's own
		{"a talk's file through the contract", contract, m.dealFile, none},
		{"an opinion through the registration", entry, minutes, "shhhhhhhhhhhhhh"},
		{"a payment through the case", filing, payment, "shhhhhhhhhhhhhh"},
		{"a kind that no room answers for", files.Object{Kind: "room", ID: 1}, m.contractFile, none},
		{"no kind at all", files.Object{}, m.contractFile, none},
		{"no such file", contract, "999999999", none},
	} {
		got := w.opens(c.of, number(c.file))
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
}

// opens tries to read a file as every subject, in the letters of the matrix.
func (w *world) opens(of files.Object, file int64) string {
	w.t.Helper()
	got := []byte{}
	for _, s := range subjects {
		who := actor.Guest()
		if s.login != "" {
			who = w.who(s.login)
		}
		f, err := w.s.Reader.Open(context.Background(), who, of, file)
		switch {
		case err == nil:
			f.Close()
			got = append(got, '+')
		case fault.Is(err, fault.NotFound):
			got = append(got, 'h')
		case fault.Is(err, fault.Unauthorized):
			got = append(got, 's')
		case fault.Is(err, fault.Forbidden):
			got = append(got, '-')
		default:
			w.t.Errorf("%s file %d as %s: %v", of.Kind, file, s.who, err)
		}
	}
	return string(got)
}

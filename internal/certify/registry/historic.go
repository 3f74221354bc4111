package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/point"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/money"
)

// Historic is a registration that was made elsewhere before, as a file states it.
type Historic struct {
	Number  string
	On      time.Time // the day of registration
	Point   point.Point
	Content contract.Content
	Income  money.Fen
	Import  int64 // the batch that it came with
	File    string
	Digest  string // of the file
	Account int64  // who imported it
	Sample  bool
}

// historyRow is the ledger payload of a historic registration.
type historyRow struct {
	Number       string    `json:"number"`
	RegisteredOn string    `json:"registeredOn"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	Seller       string    `json:"seller"`
	Buyer        string    `json:"buyer"`
	Amount       money.Fen `json:"amountFen"`
	Technical    money.Fen `json:"technicalFen"`
	Income       money.Fen `json:"incomeFen"`
	Import       int64     `json:"import"`
	FileDigest   string    `json:"fileDigest"`
	Account      int64     `json:"account"`
}

// AddHistoric writes contract, registration, period entry, history and ledger row of a registration that was decided elsewhere: it
// gets no certificate of this market. The host of the point stands as the applicant: the seller need not be on this market. V is not
// known and stays nought.
func (s *Service) AddHistoric(ctx context.Context, tx pgx.Tx, h Historic) error {
	c := contract.Contract{ApplicantOrg: h.Point.OrganisationID, CreatedBy: h.Account, Content: h.Content, Sample: h.Sample}
	id, err := s.config.Contracts.AddRegistered(ctx, tx, c)
	if err != nil {
		return err
	}
	reg := Registration{
		Number:       h.Number,
		ContractID:   id,
		PointID:      h.Point.ID,
		Division:     h.Point.Division,
		ApplicantOrg: h.Point.OrganisationID,
		State:        Registered,
		Version:      1,
		LockVersion:  1,
		RegisteredOn: h.On,
		Sample:       h.Sample,
	}
	none := money.Fen(0)
	claimed := Filing{Class: h.Content.Elements.ClassCode, Amount: &h.Content.Elements.Amount, Technical: &h.Content.Technical, VATBase: &none}
	reg.take(claimed, contract.Frozen{Content: h.Content})
	if err := addRegistration(ctx, tx, reg); err != nil {
		return err
	}
	if h.Income > 0 {
		reg.Income = h.Income
		if err := storeRegistration(ctx, tx, reg); err != nil {
			return err
		}
		if err := addIncome(ctx, tx, reg.Number, Income{Amount: h.Income, BookedOn: h.On, Note: "历史登记导入"}, h.Account); err != nil {
			return err
		}
	}
	if err := book(ctx, tx, reg, "register", "in", h.On, 1, reg.Amount, reg.Technical); err != nil {
		return err
	}
	n, _ := codes.ParseContractNumber(h.Number)
	if err := point.SkipNumber(ctx, tx, h.Point.ID, n.Year, n.Serial); err != nil {
		return err
	}
	row := EventRow{
		At:      s.config.Now(),
		Account: h.Account,
		Part:    System,
		Event:   EventRegister,
		From:    Draft,
		To:      Registered,
		Note:    "历史登记导入：" + h.File,
	}
	if err := addEvent(ctx, tx, 0, reg.Number, row, map[string]any{"import": h.Import}); err != nil {
		return err
	}
	_, err = s.chain(ctx, tx, "history", reg.Number, historyRow{Number: reg.Number, RegisteredOn: h.On.Format(time.DateOnly), Title: reg.Title,
		Class: reg.Class, Seller: reg.SellerName, Buyer: reg.BuyerName, Amount: reg.Amount, Technical: reg.Technical, Income: h.Income,
		Import: h.Import, FileDigest: h.Digest, Account: h.Account})
	if err != nil {
		return err
	}
	return s.book.Note(ctx, tx, witness.Registration(reg.Number), witness.Contract(id))
}

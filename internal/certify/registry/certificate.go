package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"techmarket/internal/certify/contract"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/money"
	"techmarket/internal/platform/jobs"
)

// Certificate is one version of 技术合同认定登记证明.
type Certificate struct {
	Number    string       `json:"number"`
	Version   int          `json:"version"`
	State     string       `json:"state"` // valid, superseded, cancelled, revoked
	Body      string       `json:"body"`  // canonical JSON of CertificateBody (RFC 8785)
	Digest    string       `json:"digest"`
	Suite     string       `json:"suite"`
	KeyID     string       `json:"keyId"`
	Signature string       `json:"signature"`
	CheckCode string       `json:"checkCode"`
	LedgerSeq int64        `json:"ledgerSeq"`
	IssuedAt  time.Time    `json:"issuedAt"`
	Root      *ledger.Root `json:"root"`    // the signed root printed on the PDF; nil until the job took it
	FileID    int64        `json:"fileId"`  // 0 until the job made the PDF
	Failure   string       `json:"failure"` // why the PDF cannot be made; tried again every morning
}

// View reads the certificate's body.
func (c Certificate) View() (CertificateBody, error) {
	var b CertificateBody
	if err := json.Unmarshal([]byte(c.Body), &b); err != nil {
		return b, fmt.Errorf("certificate %s/%d: %w", c.Number, c.Version, err)
	}
	return b, nil
}

// CertificateBody is what a certificate says; its canonical JSON is signed and chained. The printed fields follow the
// 2000 办法 while it is in force: C, T and the approved 技术性收入 (第11条).
type CertificateBody struct {
	Number       string    `json:"number"`
	Version      int       `json:"version"`
	Title        string    `json:"title"`
	Class        string    `json:"class"`
	ClassName    string    `json:"className"`
	Seller       string    `json:"seller"`
	SellerCode   string    `json:"sellerCode"`
	Buyer        string    `json:"buyer"`
	BuyerCode    string    `json:"buyerCode"`
	SignedOn     string    `json:"signedOn" format:"date"`
	BeginsOn     string    `json:"beginsOn" format:"date"`
	EndsOn       string    `json:"endsOn" format:"date"`
	Amount       money.Fen `json:"amountFen"`         // C
	Foreign      string    `json:"foreign,omitempty"` // the price in its own currency, with the rate
	Technical    money.Fen `json:"technicalFen"`      // T
	Income       money.Fen `json:"incomeFen"`         // ΣR on the day of issue
	AmountOpen   bool      `json:"amountOpen"`        // 金额待补正
	Point        string    `json:"point"`
	RegisteredOn string    `json:"registeredOn" format:"date"`
	IssuedAt     string    `json:"issuedAt" format:"date-time"` // RFC 3339, +08:00
	CheckCode    string    `json:"checkCode"`
	Sample       bool      `json:"sample"`
}

// creditCodes joins the codes of a side in the order of its names; persons and parties abroad have none.
func creditCodes(side []contract.Party) string {
	var out []string
	for _, p := range side {
		if p.CreditCode != "" {
			out = append(out, p.CreditCode)
		}
	}
	return strings.Join(out, "、")
}

// CertificateArgs is the job that makes a certificate's PDF.
type CertificateArgs struct {
	Number  string `json:"number"`
	Version int    `json:"version"`
}

// Kind names the job.
func (CertificateArgs) Kind() string { return "certificate_pdf" }

// issue writes the certificate of the registration's version: signed canonical JSON, its ledger row, the job of its PDF.
func (s *Service) issue(ctx context.Context, w *work, v contract.Frozen) error {
	reg := w.reg
	code, err := ledger.CheckCode(s.config.Random)
	if err != nil {
		return err
	}
	c := v.Content
	body := CertificateBody{
		Number:     reg.Number,
		Version:    reg.Version,
		Title:      reg.Title,
		Class:      reg.Class,
		ClassName:  codes.ClassName(reg.Class),
		Seller:     contract.Names(c.SellerParties()),
		SellerCode: creditCodes(c.SellerParties()),
		Buyer:      contract.Names(c.Buyers),
		BuyerCode:  creditCodes(c.Buyers),
		Foreign:    c.Elements.Foreign.Words(),
		SignedOn:   string(c.Elements.SignedOn),
		BeginsOn: string(
			c.Elements.BeginsOn,
		),
		EndsOn:    string(c.Elements.EndsOn),
		Amount:    reg.Amount,
		Technical: reg.Technical,
		Income:    reg.Income,
		AmountOpen: c.Elements.AmountOpen ||
			c.Elements.Royalty == contract.Yes,
		Point:        w.point.Name,
		RegisteredOn: reg.RegisteredOn.Format(time.DateOnly),
		IssuedAt:     clock.Local(w.now).Format(time.RFC3339),
		CheckCode:    code,
		Sample:       reg.Sample,
	}
	canonical, err := ledger.Canonical(body)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	signed, err := s.config.Ledger.SignBody(ctx, []byte(canonical))
	if err != nil {
		return fmt.Errorf("sign certificate: %w", err)
	}
	// The audit chain is locked before the ledger's, as everywhere.
	if err := s.trail.Record(ctx, w.tx, w.who, string(w.Event), "registration", reg.Number,
		map[string]any{"version": reg.Version}); err != nil {
		return err
	}
	seq, err := s.chain(
		ctx,
		w.tx,
		"certificate",
		CertificateRef(reg.Number, reg.Version),
		CertificateRow{Event: w.Event, Filing: w.filing.IntakeNo,
			Account: w.who.AccountID, ContractVersion: v.Number, TextDigest: v.TextDigest, VATBase: reg.VATBase, Body: json.RawMessage(canonical),
			Digest: signed.Digest.String(), Suite: signed.Suite, KeyID: signed.KeyID, Signature: signed.Signature.String()},
	)
	if err != nil {
		return err
	}
	err = addCertificate(
		ctx,
		w.tx,
		Certificate{Number: reg.Number, Version: reg.Version, Body: canonical, Digest: signed.Digest.String(), Suite: signed.Suite,
			KeyID: signed.KeyID, Signature: signed.Signature.String(), CheckCode: body.CheckCode, LedgerSeq: seq, IssuedAt: w.now},
	)
	if err != nil {
		return err
	}
	return s.config.Jobs.Enqueue(ctx, w.tx, CertificateArgs{reg.Number, reg.Version}, jobs.Options{})
}

// CertificateRow is the ledger payload of a certificate.
type CertificateRow struct {
	Event           Event           `json:"event"`
	Filing          string          `json:"filing"`
	Account         int64           `json:"account"`
	ContractVersion int             `json:"contractVersion"`
	TextDigest      string          `json:"textDigest"`
	VATBase         money.Fen       `json:"vatBaseFen"`
	Body            json.RawMessage `json:"certificate"`
	Digest          string          `json:"digest"`
	Suite           string          `json:"suite"`
	KeyID           string          `json:"keyId"`
	Signature       string          `json:"signature"`
}

func CertificateRef(number string, version int) string { return number + "/" + strconv.Itoa(version) }

// Text is a free text that a paper will print, with the field it was typed in.
type Text struct {
	Path string
	What fault.Sentence
	Text string
}

// drawable refuses, before anything moves, a text that no paper could print.
func (s *Service) drawable(texts ...Text) error {
	if s.config.Drawable == nil {
		return nil
	}
	return s.config.Drawable(texts...)
}

// Printable tells before submission which names of a contract the certificate could not print. Invalid with fields.
func (s *Service) Printable(c contract.Content) error { return s.drawable(contentTexts(c)...) }

// contentTexts are what papers print of a contract.
func contentTexts(c contract.Content) []Text {
	out := []Text{{"elements.name", "合同名称", c.Elements.Name}, {"seller.name", "卖方名称", c.Seller.Name}}
	for i, s := range c.CoSellers {
		out = append(out, Text{fmt.Sprintf("coSellers.%d.name", i), "卖方名称", s.Name})
	}
	for i, b := range c.Buyers {
		out = append(out, Text{fmt.Sprintf("buyers.%d.name", i), "买方名称", b.Name})
	}
	return out
}

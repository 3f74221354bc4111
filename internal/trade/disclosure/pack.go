package disclosure

import (
	"encoding/json"
	"time"

	"techmarket/internal/foundation/fault"
)

// Accepted is one acceptance in a signature pack.
type Accepted struct {
	Name    string     `json:"name"`
	OrgName string     `json:"organisation"`
	At      *time.Time `json:"at"` // nil: not accepted
	Digest  string     `json:"digest"`
}

// PackForm names the form of a signature pack.
const PackForm = "techmarket/words/1"

// Signature is a signature pack: what was accepted, byte for byte, and by whom.
type Signature struct {
	Form     string     `json:"form"`
	Words    int64      `json:"words"`
	Text     string     `json:"text"` // Frozen as JSON; the digest is over its bytes
	Digest   string     `json:"digest"`
	Offered  Accepted   `json:"offered"`
	Accepted []Accepted `json:"accepted"`
	Complete bool       `json:"complete"` // everybody named has accepted
}

func signatureOf(b *bench, w Words) Signature {
	var frozen Frozen
	_ = json.Unmarshal([]byte(w.Body), &frozen) // what does not parse is found by Verify
	offered := w.CreatedAt
	if t, err := time.Parse(time.RFC3339, frozen.OfferedAt); err == nil {
		offered = t
	}
	sig := Signature{Form: PackForm, Words: w.ID, Text: w.Body, Digest: w.Digest, Complete: true,
		Offered: Accepted{Name: frozen.OfferedBy.Name, OrgName: frozen.OfferedBy.OrgName, At: &offered, Digest: w.Digest}}
	for _, x := range b.seats {
		if x.Words != w.ID {
			continue
		}
		a := Accepted{Name: x.Name, OrgName: x.OrgName}
		if x.AcceptedAt != nil {
			at := x.AcceptedAt.UTC()
			a.At, a.Digest = &at, w.Digest
		}
		sig.Accepted = append(sig.Accepted, a)
		sig.Complete = sig.Complete && a.At != nil
	}
	return sig
}

// CheckPack checks a signature pack without any database: the text has the digest, each acceptance is of that digest and by a person
// whom the text names, after it was offered. Faults (Invalid): pack_form; Conflict: pack_text, pack_person, pack_time.
func CheckPack(raw []byte) (Signature, Frozen, error) {
	var sig Signature
	var frozen Frozen
	if json.Unmarshal(raw, &sig) != nil || sig.Form != PackForm || json.Unmarshal([]byte(sig.Text), &frozen) != nil {
		return sig, frozen, fault.New(fault.Invalid, "pack_form", "这不是本市场的签署包")
	}
	if digestOf([]byte(sig.Text)) != sig.Digest || sig.Offered.Digest != sig.Digest {
		return sig, frozen, fault.New(fault.Conflict, "pack_text", "协议文本与摘要不符，文本被改动过")
	}
	offered, err := time.Parse(time.RFC3339, frozen.OfferedAt)
	if err != nil {
		return sig, frozen, fault.New(fault.Invalid, "pack_form", "签署包里没有发出时间")
	}
	all := len(sig.Accepted) > 0
	for _, a := range sig.Accepted {
		known := false
		for _, n := range frozen.Named {
			known = known || n.Name == a.Name && n.OrgName == a.OrgName
		}
		switch {
		case !known:
			return sig, frozen, fault.Newf(fault.Conflict, "pack_person", "协议没有列名：%s %s", a.OrgName, a.Name)
		case a.At == nil:
			all = false
		case a.Digest != sig.Digest:
			return sig, frozen, fault.Newf(fault.Conflict, "pack_text", "%s 接受的不是这份文本", a.Name)
		case a.At.Before(offered):
			return sig, frozen, fault.Newf(fault.Conflict, "pack_time", "%s 的接受早于协议发出", a.Name)
		}
	}
	if sig.Complete != (all && len(sig.Accepted) == len(frozen.Named)) {
		return sig, frozen, fault.New(fault.Conflict, "pack_person", "签署包写明的是否齐备与各方接受不符")
	}
	return sig, frozen, nil
}

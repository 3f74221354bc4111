package disclosure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"techmarket/internal/foundation/fact"
	"techmarket/internal/foundation/fault"
)

// Layer is how deep a paper lies. What is public stands on the listing itself.
type Layer string

// The layers, from the outermost.
const (
	Registered Layer = "registered" // members of any confirmed unit; of a talk, of the other side
	NDA        Layer = "nda"        // named persons who accepted the agreement on secrecy
	Inner      Layer = "room"       // those of them whom the owner lets in, for days
)

// Layers lists the layers from the outermost.
func Layers() []Layer { return []Layer{Registered, NDA, Inner} }

// depth is 1, 2 or 3; 0 for no layer.
func (l Layer) depth() int {
	for i, known := range Layers() {
		if l == known {
			return i + 1
		}
	}
	return 0
}

// Kinds of words.
const (
	KindNDA       = "nda"
	KindAgreement = "agreement"
)

// electronic is the agreement on the form, which comes first in whatever is accepted here (电子签名法 art. 3; 民法典 art. 469).
const electronic = "各方同意以数据电文订立本文：本人登录本市场后对固定的全文点击接受，视为签名；本市场保存的全文、摘要、接受人和接受时间为凭证。"

// ChosenWords is what a unit offers: an own text, an own paper, or both.
type ChosenWords struct {
	Kind    string   `json:"kind" enum:"nda,agreement"`
	Title   string   `json:"title"`
	Body    string   `json:"body"`
	File    int64    `json:"fileId"` // 0: none
	ValidTo fact.Day `json:"validTo" format:"date"`
}

// Limits.
const (
	maxBody    = 20_000 // characters
	maxPurpose = 500
	maxNamed   = 20
	maxPapers  = 200
	maxTerm    = 5 * 366 // days of access
)

func (w *ChosenWords) check(today fact.Day) error {
	w.Title, w.Body = strings.TrimSpace(w.Title), strings.TrimSpace(w.Body)
	var f fault.Fields
	f.Check(w.Kind == KindNDA || w.Kind == KindAgreement, "kind", "unknown_code", "请选择保密协议或合作协议")
	n := len([]rune(w.Title))
	f.Check(n >= 2 && n <= 80, "title", "length", "请填写协议名称（2—80 字）")
	n = len([]rune(w.Body))
	f.Check(n >= 20 && n <= maxBody || n == 0 && w.File != 0, "body", "length", "请填写协议全文（20—20000 字），或上传本单位的协议文本")
	f.Check(w.Kind != KindNDA || w.ValidTo >= today && w.ValidTo <= today+maxTerm, "validTo", "range", "请填写查看资料的截止日期，从今天起五年之内")
	return f.Err()
}

// Named is a person who may accept words.
type Named struct {
	Account int64  `json:"-"`
	Org     int64  `json:"-"`
	Name    string `json:"name"`
	OrgName string `json:"organisation"`
}

// Frozen is the form in which words are fixed: the fields in this order, as JSON. Whoever has the text and the digest can compare them.
type Frozen struct {
	Schema     int     `json:"schema"`
	Kind       string  `json:"kind"`
	Room       int64   `json:"room"`
	Subject    string  `json:"subject"`
	Electronic string  `json:"electronic"`
	Title      string  `json:"title"`
	Body       string  `json:"body"`
	FileName   string  `json:"fileName"`
	FileDigest string  `json:"fileDigest"`
	ValidTo    string  `json:"validTo"`
	OfferedBy  Named   `json:"offeredBy"`
	OfferedAt  string  `json:"offeredAt"`
	Named      []Named `json:"named"`
}

// freeze gives the canonical text and its digest.
func (f Frozen) freeze() (body, digest string, err error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return "", "", fmt.Errorf("freeze words: %w", err)
	}
	return string(raw), digestOf(raw), nil
}

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Entry is a row of a room's ledger.
type Entry struct {
	Seq       int       `json:"seq"`
	At        time.Time `json:"at"`
	AccountID int64     `json:"accountId"` // 0: the job
	Event     Event     `json:"event"`
	Paper     int64     `json:"paperId"`
	Seat      int64     `json:"seatId"`
	Detail    string    `json:"detail"`
	Digest    string    `json:"digest"`
	Hash      []byte    `json:"hash"`
}

// hash covers a row with its room and the hash of the row before.
func (e Entry) hash(room int64, before []byte) []byte {
	raw, err := json.Marshal(
		[]any{room, e.Seq, e.At.UTC().Format("2006-01-02T15:04:05.000000Z"), e.AccountID, e.Event, e.Paper, e.Seat, e.Detail,
			e.Digest, hex.EncodeToString(before)},
	)
	if err != nil {
		panic("disclosure: " + err.Error()) // numbers and texts always marshal
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}

// follows reports the first row that does not follow the one before, 0 where all do and the last is the head that the room knows.
func follows(room Room, entries []Entry) (broken int) {
	var before []byte
	for i, e := range entries {
		if e.Seq != i+1 || string(e.hash(room.ID, before)) != string(e.Hash) {
			return i + 1
		}
		before = e.Hash
	}
	if len(entries) != room.Entries || string(before) != string(room.Head) {
		return len(entries) + 1
	}
	return 0
}

// SuggestedNDA is a text to begin with: what agreements on secrecy before a licence say. The unit reads and changes it.
func SuggestedNDA(subject string) string {
	return "一、目的。接受方为评估是否受让、许可使用或合作开发“" + subject + "”，查看披露方在本市场披露的资料，不作他用。\n" +
		"二、保密信息。披露方在本披露室披露并标明层级的全部资料，以及口头说明后三十日内书面确认的内容。\n" +
		"三、例外。披露前已公开或接受方已合法持有的、第三方合法提供的、接受方独立研发的、披露方书面同意公开的，不在此列。\n" +
		"四、义务。仅由列名人员查看，不复制、不转交、不拍摄，以不低于保护自有商业秘密的谨慎保管；确需内部人员知悉的，先请披露方列名。\n" +
		"五、权利。披露不是许可；资料的知识产权归披露方。\n" +
		"六、期限。查看期限见本页，保密义务在查看结束后延续三年。\n" +
		"七、归还和销毁。披露方要求或查看期满后十日内归还、删除全部资料及副本，并在本披露室确认。\n" +
		"八、依法提供。依法必须提供的，事先通知披露方，并以必要为限。\n" +
		"九、责任。违反约定的，赔偿披露方因此遭受的损失。\n" +
		"十、争议。适用中华人民共和国法律，由披露方所在地有管辖权的人民法院处理。"
}

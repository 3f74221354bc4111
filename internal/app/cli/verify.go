package cli

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"techmarket/internal/app"
	"techmarket/internal/certify/ledger"
	"techmarket/internal/certify/witness"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/platform/audit"
	"techmarket/internal/trade/disclosure"
	"techmarket/internal/trade/sale"
)

// anchors are roots known from outside, given as 行数:摘要.
type anchors []ledger.Anchor

func (a *anchors) String() string { return "" }

func (a *anchors) Set(text string) error {
	size, root, ok := strings.Cut(text, ":")
	n, err := strconv.ParseInt(size, 10, 64)
	hash, errHash := hex.DecodeString(root)
	if !ok || err != nil || errHash != nil || n < 1 || len(hash) == 0 {
		return errors.New("应形如 1234:9f86d0…（证明上印的行数和根）")
	}
	*a = append(*a, ledger.Anchor{Size: n, Root: hash})
	return nil
}

// runVerify checks the register: the chain and its signed roots, that every certificate stands in it unchanged, and the audit
// trail. With a file it checks an export, without any database.
func runVerify(ctx context.Context, env *app.Environment, args []string) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	export := flags.String("export", "", "核验后把整个登记簿写入这个文件，供离线核验")
	pack := flags.String("pack", "", "离线核验一份协议的签署包（json），不需要数据库")
	archive := flags.String("archive", "", "离线核验一项登记的档案或年度档案（zip），不需要数据库")
	var known anchors
	flags.Var(&known, "root", "在外留存的根，行数:摘要；可以给多个")
	flags.Usage = func() {
		fmt.Fprint(env.Stderr, "用法：techmarket verify [--export 文件] [--root 行数:摘要]\n"+
			"      techmarket verify 文件   离线核验导出的登记簿，不需要数据库\n"+
			"      techmarket verify --archive 文件   离线核验一项登记的档案或年度档案\n"+
			"      techmarket verify --pack 文件   离线核验一份协议的签署包\n")
		flags.PrintDefaults()
	}
	words, err := parseMixed(flags, args)
	if err != nil {
		return exitCode(2)
	}
	if len(words) > 1 || len(words) == 1 && *export != "" || *archive != "" && (len(words) > 0 || *export != "") {
		flags.Usage()
		return exitCode(2)
	}
	if *pack != "" {
		return verifyPack(env, *pack)
	}
	if *archive != "" {
		return VerifyArchive(env, *archive)
	}
	if len(words) == 1 {
		return verifyFile(env, words[0], known)
	}
	return withServices(ctx, env, func(s *app.Services) error { return Verify(ctx, s, env, known, *export) })
}

// verifyFile checks an export.
func verifyFile(env *app.Environment, path string, known anchors) error {
	file, err := os.Open(path)
	if err != nil {
		return fault.Wrapf(err, fault.NotFound, "file_unreadable", "打不开文件 %s，请检查路径和权限。", path)
	}
	defer file.Close()
	report, err := ledger.VerifyExport(file, &ledger.Verifier{Anchors: known})
	if err != nil {
		return err
	}
	return tellReport(env, report)
}

// ledgerEntry is what a certificate's row of the ledger says about it.
type ledgerEntry struct {
	seq    int64
	digest string
	body   string
}

func Verify(ctx context.Context, s *app.Services, env *app.Environment, known anchors, export string) error {
	certificates := map[string]ledgerEntry{}
	var sales []sale.Ended
	agreements := map[int64]string{}
	v := &ledger.Verifier{Anchors: known, Seen: func(r ledger.Row) {
		var e sale.Ended
		if r.Kind == "sale" && json.Unmarshal([]byte(r.Payload), &e) == nil {
			sales = append(sales, e)
		}
		var signed disclosure.Signature
		if r.Kind == "agreement" && json.Unmarshal([]byte(r.Payload), &signed) == nil {
			agreements[signed.Words] = signed.Digest
		}
		if r.Kind != "certificate" && r.Kind != "list" && r.Kind != "history" { // a historic registration has a row and no certificate
			return
		}
		var payload struct {
			Certificate json.RawMessage `json:"certificate"`
			List        json.RawMessage `json:"list"`
			Digest      string          `json:"digest"`
		}
		if json.Unmarshal([]byte(r.Payload), &payload) == nil {
			certificates[r.Ref] = ledgerEntry{r.Seq, payload.Digest, string(payload.Certificate) + string(payload.List)}
		}
	}}
	report, err := s.Ledger.Verify(ctx, v)
	if err != nil {
		return err
	}
	bad := tellReport(env, report)
	if err := verifyCertificates(ctx, s, env, v, certificates); err != nil {
		bad = errors.Join(bad, err)
	}
	if err := verifyRecords(ctx, s, env); err != nil {
		bad = errors.Join(bad, err)
	}
	if err := verifySales(ctx, s, env, sales); err != nil {
		bad = errors.Join(bad, err)
	}
	if err := verifyRooms(ctx, s, env, agreements); err != nil {
		bad = errors.Join(bad, err)
	}
	rows, head, err := audit.Verify(ctx, s.Platform.DB)
	switch {
	case fault.HasCode(err, "audit_broken"):
		bad = errors.Join(bad, err)
		fmt.Fprintln(env.Stdout, "审计记录：不完整。"+app.Words(err))
	case err != nil:
		return err
	default:
		fmt.Fprintf(env.Stdout, "审计记录：%d 行首尾相连，末行摘要 %s。请把行数和摘要记在别处：末尾被截去只能靠它发现。\n", rows, hex.EncodeToString(head))
	}
	if export != "" {
		if err := exportLedger(ctx, s, export); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "登记簿已写入 %s，任何人都可以用 techmarket verify %s 离线核验。\n", export, export)
	}
	if bad != nil {
		return fault.New(fault.Conflict, "register_broken", "登记簿没有通过核验，见上面的说明。请保留现场，不要继续登记，并与备份和在外留存的根比对。")
	}
	return nil
}

func tellReport(env *app.Environment, r ledger.Report) error {
	if r.Bad != nil {
		fmt.Fprintf(env.Stdout, "登记簿：不完整。%s。之前 %d 行无误。\n", r.Bad.Reason, r.Rows)
		return fault.New(fault.Conflict, "register_broken", "登记簿没有通过核验，见上面的说明。")
	}
	if r.Rows == 0 {
		fmt.Fprintln(env.Stdout, "登记簿：还没有记录。")
		return nil
	}
	fmt.Fprintf(env.Stdout, "登记簿：%d 行首尾相连，%d 个签名根有效（覆盖前 %d 行），签名套件 %s。\n  首把密钥 %s\n  当前的根 %d:%s\n",
		r.Rows, r.Roots, r.Signed, r.Suite, r.KeyID, r.Rows, r.Head)
	return nil
}

// certified is what verify reads in the body of a certificate or list.
type certified struct {
	Amount    int64 `json:"amountFen"`
	Technical int64 `json:"technicalFen"`
	Sample    bool  `json:"sample"`
}

func bodyOf(text string) (c certified) {
	_ = json.Unmarshal([]byte(text), &c) // what cannot be read agrees with nothing
	return c
}

// verifyCertificates checks that every registration has its certificate with the same figures, every certificate and list its
// row of the ledger with the same content and a good signature, and every such row its certificate or list.
func verifyCertificates(ctx context.Context, s *app.Services, env *app.Environment, v *ledger.Verifier, rows map[string]ledgerEntry) error {
	problems := 0
	wrong := func(ref, what string) {
		if problems++; problems <= 20 {
			fmt.Fprintf(env.Stdout, "  证明 %s：%s\n", ref, what)
		}
	}
	seen := map[string]bool{}
	checked, err := eachCertificate(ctx, s.Platform.DB, func(c certificateFacts) {
		ref := fmt.Sprintf("%s/%d", c.Number, c.Version)
		if c.Version == 0 { // a list
			ref = c.Number
		}
		seen[ref] = true
		row, found := rows[ref]
		_, historic := rows[c.Number]
		key, declared := v.Key(c.KeyID)
		signature, errSignature := base64.StdEncoding.DecodeString(c.Signature)
		switch {
		case c.Body == "" && historic:
		case c.Body == "":
			wrong(ref, "登记没有证明")
		case !found:
			wrong(ref, "登记簿里没有对应的行")
		case row.seq != c.LedgerSeq:
			wrong(ref, fmt.Sprintf("证明指向登记簿第 %d 行，实际在第 %d 行", c.LedgerSeq, row.seq))
		case row.body != c.Body || row.digest != c.Digest:
			wrong(ref, "内容与登记簿不符")
		case !declared || errSignature != nil || !key.Verify([]byte(c.Body), signature):
			wrong(ref, "签名无效")
		case c.Amount != 0 && !c.agrees():
			wrong(ref, "登记的成交额或技术交易额与证明不符")
		}
	})
	if err != nil {
		return err
	}
	for _, ref := range slices.Sorted(maps.Keys(rows)) {
		row := rows[ref]
		if row.body != "" && !seen[ref] && !bodyOf(row.body).Sample { // the sample market may be taken away, its rows stay
			wrong(ref, fmt.Sprintf("登记簿第 %d 行有，数据库里没有", row.seq))
		}
	}
	if problems > 0 {
		fmt.Fprintf(env.Stdout, "证明和清单：%d 份中有 %d 份不符。\n", checked, problems)
		return fault.New(fault.Conflict, "certificates_broken", "有证明与登记簿不符。")
	}
	fmt.Fprintf(env.Stdout, "证明和清单：%d 份都在登记簿里，内容一致，签名有效。\n", checked)
	return nil
}

// verifyRecords compares every row that the ledger vouches for, column by column, and names what differs.
func verifyRecords(ctx context.Context, s *app.Services, env *app.Environment) error {
	shown := 0
	report, err := witness.New(s.Platform.DB, s.Ledger, nil).All(ctx, func(d witness.Difference) {
		if shown++; shown <= 200 {
			fmt.Fprintf(env.Stdout, "  %s\n", d)
		}
	})
	if err != nil {
		return err
	}
	if report.Older > 0 {
		fmt.Fprintf(env.Stdout, "登记记录：%d 件在登记簿逐列作证之前办理，只核对了证明；下一次办理时补上。\n", report.Older)
	}
	if report.Differences > 0 {
		fmt.Fprintf(env.Stdout, "登记记录：%d 件中有 %d 处与登记簿不符。\n", report.Subjects, report.Differences)
		return fault.New(fault.Conflict, "records_broken", "有记录与登记簿不符。")
	}
	fmt.Fprintf(env.Stdout, "登记记录：%d 件（登记、申请、合同版本、清单）的每一列都与登记簿一致。\n", report.Subjects)
	return nil
}

// verifySales runs every decided bidding again.
func verifySales(ctx context.Context, s *app.Services, env *app.Environment, sales []sale.Ended) error {
	bad := 0
	for _, kept := range sales {
		found, err := s.Sales.Differs(ctx, kept)
		if err != nil {
			return err
		}
		for _, what := range found {
			fmt.Fprintf(env.Stdout, "  挂牌 %d：%s\n", kept.Sale, what)
		}
		bad += min(len(found), 1)
	}
	if bad > 0 {
		fmt.Fprintf(env.Stdout, "竞价：%d 项中有 %d 项与登记簿不符。\n", len(sales), bad)
		return fault.New(fault.Conflict, "sales_broken", "有竞价与登记簿不符。")
	}
	fmt.Fprintf(env.Stdout, "竞价：%d 项按规则重算，结果与登记簿一致。\n", len(sales))
	return nil
}

// exportLedger writes the ledger beside and renames, so that a file of that name is always whole.
func exportLedger(ctx context.Context, s *app.Services, path string) error {
	temp := path + ".new"
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fault.Wrapf(err, fault.Invalid, "file_unwritable", "不能写入 %s，请检查路径和权限。", path)
	}
	err = errors.Join(s.Ledger.Export(ctx, file), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("export the ledger: %w", err)
	}
	return nil
}

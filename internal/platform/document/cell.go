package document

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"techmarket/internal/foundation/clock"
	"techmarket/internal/foundation/codes"
	"techmarket/internal/foundation/fault"
	"techmarket/internal/foundation/lang"
	"techmarket/internal/foundation/money"
)

// CellKind says what stands in a cell as it is stored, whatever the sheet shows.
type CellKind int

// The kinds of cell.
const (
	Blank  CellKind = iota
	Words           // a text
	Number          // to 15 significant digits, as Excel keeps them
	Moment          // a number under a date format, or a date: 2006-01-02, with 15:04:05 behind where it has a time of day; 2006年1月
	// or 1月2日 where the format shows no more
	Percent    // a number under a percent format, as a percentage: "99.6%"
	Truth      // TRUE or FALSE
	Failed     // #NAME?, #REF!, #DIV/0! …
	Uncomputed // a formula whose result the file does not hold
)

// Cell is one cell of a table.
type Cell struct {
	Kind CellKind
	Text string
	long bool // a number of more than 15 digits before the point: the file no longer has the last ones

	below, beside bool // repeats the first cell of a merged range
}

// TextCell is a cell that holds a text, judged as a cell of a CSV file is.
func TextCell(text string) Cell {
	text = lang.Visible(text)
	switch trimmed := strings.TrimSpace(text); {
	case trimmed == "":
		return Cell{}
	case failures.MatchString(trimmed):
		return Cell{Kind: Failed, Text: trimmed}
	case trimmed == "TRUE" || trimmed == "FALSE":
		return Cell{Kind: Truth, Text: trimmed}
	}
	return Cell{Kind: Words, Text: text}
}

var (
	failures   = regexp.MustCompile(`^#(?:NAME\?|REF!|DIV/0!|VALUE!|N/A|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|UNKNOWN!|CONNECT!)$`)
	scientific = regexp.MustCompile(`^[+-]?[0-9](?:\.[0-9]+)?[Ee][+-]?[0-9]{1,3}$`)
)

// What is wrong with a cell; each stands behind the name of its column.
var (
	errUncomputed = wrongCell("是公式，文件里没有保存它的结果。请用 Excel 或 WPS 打开后重新保存，或改填数值")
	errLong       = wrongCell("是数字格式，超过 15 位的末几位已经丢失。请把这一格设为文本格式，重新填写完整的号码")
	errScience    = wrongCell("是科学计数法，号码已不完整。请把这一格设为文本格式，重新填写完整的号码")
	errTruth      = wrongCell("是 TRUE 或 FALSE，不是文字。请改填文字")
	errDay        = wrongCell("请填写有年、月、日的日期，例如 2027-03-05")
	errFen        = wrongCell("最多精确到分（万元最多六位小数）。请改填四舍五入后的金额")
	errAmount     = wrongCell("请填写金额，例如 120000.55 元或 12.5 万元")
	errRange      = wrongCell("超出范围，最多 99,999,999,999.99 元")
)

func wrongCell(format fault.Sentence, params ...any) error {
	return fault.Newf(fault.Invalid, "cell", format, params...)
}

func (c Cell) readable() error {
	switch c.Kind {
	case Failed:
		return wrongCell("是错误值 %s。请改正公式，或改填内容", c.Text)
	case Uncomputed:
		return errUncomputed
	}
	return nil
}

// Words is the cell as a text: numbers as they are stored, days as 2006-01-02. Refused: error values, formulas without a result,
// truth values, numbers that lost digits.
func (c Cell) Words() (string, error) {
	if err := c.readable(); err != nil {
		return "", err
	}
	switch {
	case c.Kind == Truth:
		return "", errTruth
	case c.long:
		return "", errLong
	}
	return strings.TrimSpace(c.Text), nil
}

// Code is the cell as a number of a paper, a unit or a person: Words without what Excel made of a long number.
func (c Cell) Code() (string, error) {
	text, err := c.Words()
	if err == nil && scientific.MatchString(text) {
		err = errScience
	}
	return text, err
}

// Phone is the cell as a telephone number, see codes.IsPhone.
func (c Cell) Phone() (string, error) {
	text, err := c.Code()
	switch {
	case err != nil:
		return "", err
	case !codes.IsPhone(text):
		return "", wrongCell(codes.PhoneMend)
	case c.Kind == Number && len(text) >= 9 && !wholeNumber.MatchString(text):
		return "", wrongCell("是数字格式，区号前面的 0 可能已丢失。请把这一格设为文本格式，重新填写")
	}
	return codes.TidyPhone(text), nil
}

// wholeNumber are the telephone numbers that begin with no zero; 1012345678 was 010-12345678.
var wholeNumber = regexp.MustCompile(`^(?:(?:86)?1[3-9][0-9]{9}|[48]00[0-9]{7})$`)

// Day is the cell as a day, 2006-01-02, see clock.ParseDay.
func (c Cell) Day() (string, error) {
	if err := c.readable(); err != nil {
		return "", err
	}
	if c.Kind == Truth || c.Kind == Percent {
		return "", errDay
	}
	day, ok := clock.ParseDay(c.Text)
	if !ok {
		switch c.Kind {
		case Moment:
			return "", wrongCell("只显示 %s，年、月、日不全。请把这一格设为显示年、月、日的日期格式，例如 2027-03-05", c.Text)
		case Number:
			return "", wrongCell("是数字 %s，不是日期。请把这一格设为日期格式，例如 2027-03-05", c.Text)
		}
		return "", errDay
	}
	return day, nil
}

// Yuan is the cell as an amount whose number without a unit is 元; Wan, 万元. A unit written behind the number wins. More than
// 分 is refused, nothing is rounded.
func (c Cell) Yuan() (money.Fen, error) { return c.amount(money.Read) }

// Wan is the cell as an amount in 万元, see Yuan.
func (c Cell) Wan() (money.Fen, error) { return c.amount(money.ReadWan) }

func (c Cell) amount(read func(string) (money.Fen, error)) (money.Fen, error) {
	if err := c.readable(); err != nil {
		return 0, err
	}
	if c.Kind != Words && c.Kind != Number {
		return 0, errAmount
	}
	amount, err := read(c.Text)
	switch {
	case err == nil:
		return amount, nil
	case errors.Is(err, money.ErrRange):
		return 0, errRange
	case errors.Is(err, money.ErrFine):
		return 0, errFen
	}
	return 0, errAmount
}

// Yes is the cell as an answer.
func (c Cell) Yes() (bool, error) {
	if err := c.readable(); err != nil {
		return false, err
	}
	switch strings.ToUpper(strings.TrimSpace(norm.NFKC.String(c.Text))) {
	case "是", "TRUE", "1", "Y", "YES", "有", "√":
		return true, nil
	case "否", "FALSE", "0", "N", "NO", "无", "×", "":
		return false, nil
	}
	return false, wrongCell("请填“是”或“否”")
}

// plainNumber writes a stored number to 15 significant digits without an exponent; long where digits before the point are lost.
func plainNumber(raw string) (text string, long, ok bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
	if err != nil || v != v || v > 1e300 || v < -1e300 {
		return "", false, false
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 14, 64), "e")
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	exp, err := strconv.Atoi(exponent)
	if err != nil || exp > 60 || exp < -60 {
		return strconv.FormatFloat(v, 'e', -1, 64), exp > 0, true
	}
	digits := strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	if digits == "" {
		return "0", false, true
	}
	return sign + placePoint(digits, exp+1), exp > 14, true
}

// placePoint puts the point behind the first n digits.
func placePoint(digits string, n int) string {
	switch {
	case n <= 0:
		return "0." + strings.Repeat("0", -n) + digits
	case n >= len(digits):
		return digits + strings.Repeat("0", n-len(digits))
	}
	return digits[:n] + "." + digits[n:]
}

// shiftPoint multiplies a plain decimal by 10^n without rounding; what is no plain decimal comes back as it is.
func shiftPoint(text string, n int) string {
	text = strings.ReplaceAll(text, ",", "")
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	whole, part, _ := strings.Cut(text, ".")
	if whole == "" || strings.ContainsFunc(whole+part, func(r rune) bool { return r < '0' || r > '9' }) {
		return sign + text
	}
	digits := strings.TrimRight(whole+part, "0")
	lead := len(digits) - len(strings.TrimLeft(digits, "0"))
	digits = digits[lead:]
	if digits == "" {
		return "0"
	}
	return sign + placePoint(digits, len(whole)+n-lead)
}

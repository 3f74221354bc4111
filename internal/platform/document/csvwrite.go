package document

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"techmarket/internal/foundation/money"
)

// WriteCSV streams one sheet as UTF-8 with a byte order mark, which Excel needs to see Chinese; notes are left out. A text
// that a spreadsheet would run as a formula gets a leading apostrophe.
func WriteCSV(w io.Writer, s Sheet) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		record[i] = guard(c.Title)
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	if s.Rows != nil {
		for values, err := range s.Rows {
			if err != nil {
				return fmt.Errorf("write csv: %w", err)
			}
			for i := range s.Columns {
				record[i] = ""
				if i < len(values) {
					if record[i], err = csvText(values[i]); err != nil {
						return fmt.Errorf("write csv: column %s: %w", s.Columns[i].Title, err)
					}
				}
			}
			if err := out.Write(record); err != nil {
				return fmt.Errorf("write csv: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

func csvText(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return guard(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case money.Fen:
		sign, fen := "", int64(v)
		if fen < 0 {
			sign, fen = "-", -fen
		}
		return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100), nil
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		return v.Format(time.DateOnly), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("no way to write a %T", value)
}

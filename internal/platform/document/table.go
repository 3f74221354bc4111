package document

import (
	"bytes"
	"iter"
	"strings"

	"techmarket/internal/foundation/fault"
)

// ReadTable walks an uploaded table by its name's ending. Faults: Invalid "file_kind" and those of the reader.
func ReadTable(name string, content []byte) (iter.Seq2[TableRow, error], error) {
	switch {
	case strings.HasSuffix(strings.ToLower(name), ".xlsx"):
		return ReadExcel(bytes.NewReader(content)), nil
	case strings.HasSuffix(strings.ToLower(name), ".csv"):
		return ReadCSV(bytes.NewReader(content)), nil
	}
	return nil, fault.New(fault.Invalid, "file_kind", "请上传 Excel（.xlsx）或 CSV 文件")
}

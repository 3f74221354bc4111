package ledger

import (
	"encoding/base32"
	"fmt"
	"io"
)

// CheckCode makes the 8 characters that a person types to check a paper. The alphabet leaves out letters that people misread
// (I, L, O, U).
func CheckCode(random io.Reader) (string, error) {
	var raw [5]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("check code: %w", err)
	}
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(raw[:]), nil
}

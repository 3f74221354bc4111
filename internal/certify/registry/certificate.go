package registry

import (
	"encoding/json"
	"fmt"
)

// View reads the certificate's body.
func (c Certificate) View() (CertificateBody, error) {
	var b CertificateBody
	if err := json.Unmarshal([]byte(c.Body), &b); err != nil {
		return b, fmt.Errorf("certificate %s/%d: %w", c.Number, c.Version, err)
	}
	return b, nil
}

package vault

import (
	"crypto/sha256"
	"encoding/hex"
)

// Digest is what the database keeps of a token that somebody else holds: enough to know it again, too little to use it. Tokens are long
// and random, so that no salt is needed.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

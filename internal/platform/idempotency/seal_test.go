package idempotency

import "testing"

// What stands in the table cannot be worked out from what a request holds: neither the key nor a plain digest is there.
func TestTheTableKeepsNeitherKeyNorDigest(t *testing.T) {
	t.Parallel()
	kept, sealed := seal("word-of-the-form", "digest")
	again, same := seal("word-of-the-form", "digest")
	if kept != again || sealed != same {
		t.Error("the same request must be found again")
	}
	if _, other := seal("another-word", "digest"); other == sealed {
		t.Error("the digest does not depend on the key")
	}
	if kept == "word-of-the-form" || sealed == "digest" {
		t.Error("the key or the digest stands in clear")
	}
}

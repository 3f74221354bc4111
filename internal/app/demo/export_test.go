package demo

// What the tests outside the package look at.
var (
	Reduced   = reduced
	Deletions = deletions
)

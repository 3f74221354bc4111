package registry

// The forms in which these are stored, see package stored.

// SchemaVersion of the review sheet.
func (Review) SchemaVersion() int { return 1 }

// SchemaVersion of the list of missing items.
func (Correction) SchemaVersion() int { return 1 }

// SchemaVersion of the reasons of a refusal.
func (Refusal) SchemaVersion() int { return 1 }

// SchemaVersion of the parts of several sellers.
func (Shares) SchemaVersion() int { return 1 }

// SchemaVersion of a request to cancel.
func (Request) SchemaVersion() int { return 1 }

// SchemaVersion of an announced revocation.
func (Revocation) SchemaVersion() int { return 1 }

// SchemaVersion of a cancellation or revocation.
func (Ending) SchemaVersion() int { return 1 }

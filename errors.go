package penates

// A Kind classifies an error for whoever has to react to it. A kind is itself an
// error: wrap it with %w and test it with errors.Is.
type Kind string

// Error returns the kind's own words, fit to be shown to anybody.
func (k Kind) Error() string { return string(k) }

// The kinds of error.
const (
	// NotExist also answers for what the caller may not know exists.
	NotExist Kind = "not found"
	Exists   Kind = "already exists"
	Invalid  Kind = "not valid"
	Denied   Kind = "not allowed"
	Locked   Kind = "the vault is locked"
	// WrongKey says that a passphrase, sheet or device key does not open the vault.
	WrongKey Kind = "wrong passphrase or key"
	// Damaged says that stored bytes are not what was written.
	Damaged Kind = "damaged data"
	// Newer says that a vault was written by a later release than this one.
	Newer Kind = "written by a newer version of Penates"
	// TooLarge says that a limit of size, depth or count was passed.
	TooLarge Kind = "too large"
	// TooLong says that a time limit was passed.
	TooLong Kind = "took too long"
	// InUse says that another process holds the vault.
	InUse Kind = "in use by another process"
	// Unsupported says that the bytes are understood but this release cannot use them.
	Unsupported Kind = "not supported"
)

package intake

// What tests use to read with formats of their own.
var (
	StartWith = start
	AgainWith = again
)

package intake

// What tests use to read with formats of their own.
var (
	StartWith = start
	AgainWith = again
	At        = func(release string) *place { return &place{Release: release} }
	Anew      = func(release string) *place { return &place{Release: release, anew: true} }
)

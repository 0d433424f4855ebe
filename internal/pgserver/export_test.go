package pgserver

// What only the tests of this package reach into.
var (
	Unpack     = unpack
	ErrAltered = errAltered
)

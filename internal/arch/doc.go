// Package arch holds the tests that keep the shape of the code: which package
// may know which, how large things grow, and what the module depends on.
package arch

// Package serve is what every protocol over HTTP has in common: errors by their
// kind as problem documents (RFC 9457), bodies within limits, JSON both ways, the
// names a server goes by, and which origins a browser lets read its answers.
//
// A protocol is a list of patterns of the standard mux with handlers that return
// an error; [Mux] wraps them once. Protocols know no cookies: whoever asks shows
// a token with every request, so no other page can act in the owner's name.
package serve

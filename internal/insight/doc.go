// Package insight computes answers that cross types: what energy costs, which
// payments come again and what changed in them, and who the person exchanges
// with. Every figure comes with the ids of the documents behind it, so that a
// page can lead to them. Nothing here is written in a language: pages put the
// rows into words.
//
// Each insight is one function that asks a session for rows and a pure function
// that turns rows into the answer.
package insight

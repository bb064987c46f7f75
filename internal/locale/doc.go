// Package locale reads numbers, dates and text as banks, shops and people of
// different countries write them. It guesses only where no reading of the same
// characters is as likely; callers who know more (the decimal mark, the order of
// day and month, the declared charset) say so.
package locale

package insight

import "penates"

// An ExchangesResult says who the person exchanges with.
type ExchangesResult struct {
	People []Exchange // most exchanges first
	Months []string   // "2025-03" …, without gaps: the axis of every Exchange.Trend
	Own    []string   // the addresses taken to be the person's own
}

// An Exchange is all that went between the person and somebody else. People are
// told apart by contact, those that links say are one person's being one; who is in
// no contact is known by address.
type Exchange struct {
	Name      string
	Contacts  []penates.DocumentID // empty when in no contact
	Addresses []string             // e-mail addresses and E.164 numbers that were used
	In        int                  // messages from them
	Out       int                  // messages to them
	CallsIn   int
	CallsOut  int
	Missed    int
	Seconds   int64 // of all calls
	Events    int   // calendar events with both
	First     string
	Last      string
	Trend     []MonthCount         // one for each of ExchangesResult.Months
	Documents []penates.DocumentID // newest first
}

// Total is the number of messages, calls and events.
func (e *Exchange) Total() int { return e.In + e.Out + e.CallsIn + e.CallsOut + e.Missed + e.Events }

// A MonthCount counts the exchanges of one month.
type MonthCount struct{ In, Out, Calls, Events int }

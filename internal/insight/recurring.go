package insight

import "penates"

// A RecurringResult lists the payments that come again.
type RecurringResult struct {
	AsOf     string             // last day any bank operation is known of
	Payments []RecurringPayment // those that go on first, dearest first
	Totals   []RecurringTotal   // of those that go on, one for each currency
	Changes  []RecurringChange  // newest first
}

// A Cadence says how often a payment comes, as the number of months between two.
type Cadence int

// The cadences that are looked for.
const (
	Monthly    Cadence = 1
	Bimonthly  Cadence = 2
	Quarterly  Cadence = 3
	HalfYearly Cadence = 6
	Yearly     Cadence = 12
)

// A RecurringPayment is a payment that comes again at a regular time. Amounts
// are positive; Income tells which way they go.
type RecurringPayment struct {
	Name     string // the vendor or counterparty, else the bank's wording
	Income   bool   // money that comes in, as a salary
	Cadence  Cadence
	Currency string
	Amount   penates.Decimal // the latest
	Varies   bool            // the amount is another one each time, as with energy by consumption
	// Yearly is what it costs in a year: at the latest amount, or at the average
	// of the last year when it varies.
	Yearly     penates.Decimal
	First      string // day of the first known
	Last       string
	Next       string // day the next is expected; "" when stopped
	New        bool   // began within the last half year known, and the account was known before
	Stopped    bool   // the next is overdue though the account is known since
	Prices     []PriceChange
	Operations []penates.DocumentID // oldest first
	Amounts    []penates.Decimal    // of Operations
	Days       []string             // of Operations
}

// A PriceChange is the day a stable amount became another.
type PriceChange struct {
	Day       string
	Old, New  penates.Decimal
	Percent   float64 // +10 when it rose by a tenth
	Operation penates.DocumentID
}

// A RecurringTotal sums what goes out and comes in by recurring payments.
type RecurringTotal struct {
	Currency       string
	Out, In        penates.Decimal // a year
	MonthOut       penates.Decimal // a month
	Count, Incomes int
}

// A ChangeKind says what changed in a recurring payment.
type ChangeKind string

// What may change.
const (
	PriceRose ChangeKind = "rose"
	PriceFell ChangeKind = "fell"
	Began     ChangeKind = "began"
	Ended     ChangeKind = "ended"
)

// A RecurringChange is one change, for a list of what is new.
type RecurringChange struct {
	Day       string
	Kind      ChangeKind
	Payment   int // index in Payments
	Old, New  penates.Decimal
	Operation penates.DocumentID
}

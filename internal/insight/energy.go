package insight

import (
	"penates"
)

// The kinds of energy an EnergyKind may be about. OtherEnergy holds what was paid
// to energy companies without a word on what for.
const (
	Electricity = "electricity"
	Gas         = "gas"
	OtherEnergy = ""
)

// An EnergyCostResult says what energy costs. Amounts are in Currency only;
// Skipped counts bills and debits in other currencies.
type EnergyCostResult struct {
	Currency string
	Kinds    []EnergyKind // electricity, gas, other; only those something is known of
	Skipped  int
}

// An EnergyKind is one kind of energy.
type EnergyKind struct {
	Kind   string
	Months []EnergyMonth // oldest first, from the first to the last month known, without gaps
	Bills  []EnergyBill  // newest first
}

// An EnergyMonth is what is known of one calendar month. Consumption and cost
// are known day by day, so a month may be known in part: KnownDays and PaidDays
// of its Days.
type EnergyMonth struct {
	Month     string  // "2025-03"
	Days      int     // days of the month
	KWh       float64 // over the KnownDays
	KnownDays int     // days whose consumption is known
	Cost      penates.Decimal
	PaidDays  int // days that bills or debits cover
	// PerKWh is the price of a kWh over the days of which both consumption and
	// cost are known, with four decimals; "" when there are none or nothing was used.
	PerKWh   penates.Decimal
	Estimate bool // part of the consumption is estimated, or pro-rated from a longer statement
	Before   *YearBefore
	Series   []penates.DocumentID // where the consumption comes from
	Bills    []penates.DocumentID
	Debits   []penates.DocumentID // bank debits counted because no bill covers their days
}

// Complete reports whether consumption and cost of every day are known.
func (m *EnergyMonth) Complete() bool { return m.KnownDays == m.Days && m.PaidDays == m.Days }

// A YearBefore is the same month a year earlier, and the changes since, in
// percent. A change is set only where both months are known on the same number
// of days, give or take two; comparing half a month with a whole one would say nothing.
type YearBefore struct {
	KWh          float64
	Cost         penates.Decimal
	PerKWh       penates.Decimal
	KWhChange    *float64
	CostChange   *float64
	PerKWhChange *float64
}

// An EnergyBill is a bill of an energy company with what was paid for it and
// what was used in the time it is about.
type EnergyBill struct {
	ID          penates.DocumentID
	Vendor      string
	Number      string
	Day         string // of the bill
	PeriodStart string // first day it is taken to be about
	PeriodEnd   string // last day
	Guessed     bool   // the bill does not say its period; it was told from its neighbours
	Total       penates.Decimal
	Payments    []Payment
	Paid        penates.Decimal // sum of Payments
	KWh         float64         // used in the period, over the KnownDays
	KnownDays   int
	Days        int
	PerKWh      penates.Decimal // Total by KWh when every day is known, else ""
	Series      []penates.DocumentID
}

// A Payment is one bank operation.
type Payment struct {
	ID     penates.DocumentID
	Day    string
	Label  string
	Amount penates.Decimal // what went out is positive here
}

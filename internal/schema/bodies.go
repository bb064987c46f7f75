package schema

import "penates"

// A Body is the part of a document that belongs to its type: one of the structs
// of this file. Fields the envelope already has (amount, dates, names of
// parties …) are not repeated in it.
//
// Struct tags make the JSON Schema and the SQL view:
//
//	json    the field's name, in the document and as a column of the view
//	doc     what it holds, one sentence
//	ld      the term of the type's vocabulary, when there is one
//	search  "yes": its words are found by full-text search
//	index   "yes": the view can look it up without reading every document
//	format  "date", "decimal", "uri" …
type Body interface {
	// DocType returns the type of document this is the body of.
	DocType() penates.Type
}

// BankAccount is the body of io.cozy.bank.accounts. The balance is the envelope's money.
type BankAccount struct {
	Label       string `json:"label,omitempty" doc:"name the bank or the person gives the account" ld:"schema:name" search:"yes"`
	Number      string `json:"number,omitempty" doc:"account number as the bank writes it" index:"yes"`
	IBAN        string `json:"iban,omitempty" doc:"IBAN without blanks" index:"yes"`
	Kind        string `json:"kind,omitempty" doc:"checking, savings, card, loan, investment"`
	Institution string `json:"institution,omitempty" doc:"the bank's name or identifier" ld:"schema:provider" search:"yes"`
	BIC         string `json:"bic,omitempty" doc:"BIC of the bank"`
	BalanceDate string `json:"balanceDate,omitempty" doc:"day of the balance" format:"date"`
	Available   string `json:"available,omitempty" doc:"available balance" format:"decimal"`
}

// BankOperation is the body of io.cozy.bank.operations. The signed amount is
// the envelope's money, the booking day its time.
type BankOperation struct {
	Label            string `json:"label,omitempty" doc:"the bank's wording" ld:"schema:description" search:"yes"`
	Account          string `json:"account,omitempty" doc:"IBAN or number of the account" index:"yes"`
	Counterparty     string `json:"counterparty,omitempty" doc:"who paid or was paid" search:"yes"`
	CounterpartyIBAN string `json:"counterpartyIban,omitempty" doc:"IBAN of the other side"`
	ValueDate        string `json:"valueDate,omitempty" doc:"day the amount bears interest from" format:"date"`
	RealisationDate  string `json:"realisationDate,omitempty" doc:"day the person acted, as with a card payment" format:"date"`
	Status           string `json:"status,omitempty" doc:"booked, pending or reverted"`
	Kind             string `json:"kind,omitempty" doc:"card, transfer, debit, check, cash, fee, interest, other"`
	Category         string `json:"category,omitempty" doc:"the source's own category" search:"yes"`
	Reference        string `json:"reference,omitempty" doc:"end-to-end, mandate or check number"`
	OriginalAmount   string `json:"originalAmount,omitempty" doc:"amount before conversion, with its currency"`
	Fees             string `json:"fees,omitempty" doc:"fees taken, in the account's currency" format:"decimal"`
	Memo             string `json:"memo,omitempty" doc:"further wording" search:"yes"`

	Splits []OperationSplit `json:"splits,omitempty" doc:"how the person divided the amount" search:"yes"`
}

// OperationSplit is one part of the amount of a BankOperation.
type OperationSplit struct {
	Category string `json:"category,omitempty" doc:"the source's own category" search:"yes"`
	Memo     string `json:"memo,omitempty" doc:"wording" search:"yes"`
	Amount   string `json:"amount,omitempty" doc:"signed as the whole" format:"decimal"`
}

// Bill is the body of io.cozy.bills. The total is the envelope's money, the
// invoice's day its time.
type Bill struct {
	Vendor         string `json:"vendor,omitempty" doc:"who sends the bill" ld:"schema:provider" search:"yes" index:"yes"`
	VendorID       string `json:"vendorId,omitempty" doc:"SIREN, VAT or other number of the vendor"`
	Number         string `json:"number,omitempty" doc:"invoice number" ld:"schema:identifier" search:"yes" index:"yes"`
	Title          string `json:"title,omitempty" doc:"the vendor's wording" search:"yes"`
	Due            string `json:"due,omitempty" doc:"day it is to be paid, or is debited" format:"date"`
	NetTotal       string `json:"netTotal,omitempty" doc:"total before VAT" format:"decimal"`
	VAT            string `json:"vat,omitempty" doc:"total of VAT" format:"decimal"`
	AmountDue      string `json:"amountDue,omitempty" doc:"what is left to pay when it differs from the total" format:"decimal"`
	PeriodStart    string `json:"periodStart,omitempty" doc:"first day billed" format:"date"`
	PeriodEnd      string `json:"periodEnd,omitempty" doc:"last day billed" format:"date"`
	Contract       string `json:"contract,omitempty" doc:"contract or customer number the bill belongs to" index:"yes"`
	Buyer          string `json:"buyer,omitempty" doc:"who is billed" search:"yes"`
	IsRefund       bool   `json:"isRefund,omitempty" doc:"a credit note, or money given back"`
	OriginalAmount string `json:"originalAmount,omitempty" doc:"expense that is refunded" format:"decimal"`
	OriginalDate   string `json:"originalDate,omitempty" doc:"day of the expense that is refunded" format:"date"`
	GroupAmount    string `json:"groupAmount,omitempty" doc:"the one transfer that refunds this and other bills" format:"decimal"`
	ThirdParty     bool   `json:"thirdParty,omitempty" doc:"refunded to whoever gave the care, not to the person"`
	Beneficiary    string `json:"beneficiary,omitempty" doc:"who the care that is refunded was for" search:"yes"`
	Base           string `json:"base,omitempty" doc:"tariff that the refund of care is reckoned from" format:"decimal"`
	Rate           string `json:"rate,omitempty" doc:"share of the base that is refunded, in percent" format:"decimal"`

	ObligatoryPart    string `json:"obligatoryPart,omitempty" doc:"what the obligatory insurance refunds of the care" format:"decimal"`
	ComplementaryPart string `json:"complementaryPart,omitempty" doc:"what the complementary insurance refunds of the care" format:"decimal"`

	Kind    string     `json:"kind,omitempty" doc:"UNTDID 1001 code or the source's word, as in 380"`
	Profile string     `json:"profile,omitempty" doc:"the e-invoice profile, as in EN 16931"`
	Lines   []BillLine `json:"lines,omitempty" doc:"what is billed, line by line" search:"yes"`
}

// BillLine is one line of a Bill.
type BillLine struct {
	Label    string `json:"label,omitempty" doc:"what is billed" search:"yes"`
	Quantity string `json:"quantity,omitempty" doc:"how much" format:"decimal"`
	Unit     string `json:"unit,omitempty" doc:"UN/ECE Rec 20 code or the source's word"`
	Price    string `json:"price,omitempty" doc:"net price of a unit" format:"decimal"`
	Net      string `json:"net,omitempty" doc:"net total of the line" format:"decimal"`
	VATRate  string `json:"vatRate,omitempty" doc:"VAT in percent" format:"decimal"`
}

// Order is the body of penates.orders.
type Order struct {
	Merchant string     `json:"merchant,omitempty" doc:"who sells" ld:"schema:seller" search:"yes" index:"yes"`
	Number   string     `json:"number,omitempty" doc:"order number" search:"yes" index:"yes"`
	Status   string     `json:"status,omitempty" doc:"the merchant's word"`
	Items    []BillLine `json:"items,omitempty" doc:"what was ordered" search:"yes"`
}

// Contract is the body of penates.contracts. The envelope's time is its validity.
type Contract struct {
	Vendor  string `json:"vendor,omitempty" doc:"the other side" ld:"schema:provider" search:"yes" index:"yes"`
	Number  string `json:"number,omitempty" doc:"contract number" search:"yes" index:"yes"`
	Name    string `json:"name,omitempty" doc:"what is sold, as in Tarif Bleu" search:"yes"`
	Kind    string `json:"kind,omitempty" doc:"electricity, gas, insurance, telecom, …"`
	Meter   string `json:"meter,omitempty" doc:"PRM/PDL or PCE" index:"yes"`
	Address string `json:"address,omitempty" doc:"place served, one line" search:"yes"`
	Power   string `json:"power,omitempty" doc:"subscribed power, as in 6 kVA"`
	Option  string `json:"option,omitempty" doc:"tariff option"`
	Status  string `json:"status,omitempty" doc:"the vendor's word"`
}

// EnergyDay is the stored form of a stretch of an energy series. Importers give
// penates.Series; the view energy shows one row a point.
type EnergyDay struct {
	Meter   string `json:"meter,omitempty" doc:"PRM/PDL, PCE or meter number" index:"yes"`
	Kind    string `json:"kind,omitempty" doc:"electricity, gas, water, heat"`
	Measure string `json:"measure,omitempty" doc:"load-curve, daily, monthly, index, statement"`
	Step    string `json:"step,omitempty" doc:"ISO 8601 duration between points"`
}

// PositionDay is the stored form of a stretch of a track.
type PositionDay struct {
	Track string `json:"track,omitempty" doc:"device or trip the points belong to" index:"yes"`
	Kind  string `json:"kind,omitempty" doc:"walk, car, phone, …"`
}

// HealthRecord is the body of penates.health: a FHIR resource in a thin envelope.
// A result that is one number is the envelope's quantity.
type HealthRecord struct {
	Resource  string        `json:"resource,omitempty" doc:"FHIR resource type; Workout and ActivitySummary of watches" index:"yes"`
	Code      string        `json:"code,omitempty" doc:"what it is about, in words" search:"yes"`
	System    string        `json:"system,omitempty" doc:"code system and code, as in loinc|8867-4"`
	Performer string        `json:"performer,omitempty" doc:"who did it" search:"yes"`
	Status    string        `json:"status,omitempty" doc:"the source's word"`
	Category  string        `json:"category,omitempty" doc:"section, panel or class it stands in" search:"yes"`
	Result    string        `json:"result,omitempty" doc:"the result in words, when it is no single number" search:"yes"`
	Note      string        `json:"note,omitempty" doc:"dosage, conclusion, remarks" search:"yes"`
	Values    []HealthValue `json:"values,omitempty" doc:"parts of the result, as the two pressures of a blood pressure" search:"yes"`
	Native    string        `json:"native,omitempty" doc:"the record in its own syntax"`
}

// HealthValue is one part of the result of a HealthRecord.
type HealthValue struct {
	Code   string `json:"code,omitempty" doc:"what it is, in words" search:"yes"`
	System string `json:"system,omitempty" doc:"code system and code"`
	Value  string `json:"value,omitempty" doc:"a decimal number or words" search:"yes"`
	Unit   string `json:"unit,omitempty" doc:"UCUM unit of a number"`
}

// Place is the body of penates.places: somewhere stayed at. The envelope has its
// position and time.
type Place struct {
	Name    string `json:"name,omitempty" doc:"what it is called" ld:"schema:name" search:"yes"`
	Kind    string `json:"kind,omitempty" doc:"home, work, shop, …"`
	Address string `json:"address,omitempty" doc:"one line" search:"yes"`
}

// Message is the body of penates.messages. Sender and recipients are the
// envelope's parties, the sending time its time.
type Message struct {
	Subject     string       `json:"subject,omitempty" doc:"subject line" search:"yes"`
	From        string       `json:"from,omitempty" doc:"sender as one line" search:"yes"`
	To          string       `json:"to,omitempty" doc:"recipients as one line" search:"yes"`
	Thread      string       `json:"thread,omitempty" doc:"Message-ID of the first message of the thread, or the conversation's name" index:"yes"`
	InReplyTo   string       `json:"inReplyTo,omitempty" doc:"Message-ID answered"`
	Content     string       `json:"content,omitempty" doc:"the text, without markup" search:"yes"`
	Folder      string       `json:"folder,omitempty" doc:"mailbox or label" search:"yes"`
	Flags       string       `json:"flags,omitempty" doc:"seen, flagged, answered … separated by blanks"`
	Attachments []Attachment `json:"attachments,omitempty" doc:"what came with it" search:"yes"`
}

// Attachment is a file that came with a message.
type Attachment struct {
	Name string             `json:"name,omitempty" doc:"file name" search:"yes"`
	Mime string             `json:"mime,omitempty" doc:"media type"`
	Size int64              `json:"size,omitempty" doc:"bytes"`
	File penates.DocumentID `json:"file,omitempty" doc:"the io.cozy.files document"`
	Path string             `json:"path,omitempty" doc:"where it lies in the archive the message came in: the end of its path"`
}

// Call is the body of penates.calls.
type Call struct {
	Direction string `json:"direction,omitempty" doc:"in, out or missed"`
	Number    string `json:"number,omitempty" doc:"the other side, E.164 when known" search:"yes" index:"yes"`
	Kind      string `json:"kind,omitempty" doc:"voice, sms, mms, data"`
	Seconds   int64  `json:"seconds,omitempty" doc:"duration"`
}

// Contact is the body of io.cozy.contacts.
type Contact struct {
	FullName string   `json:"fullName,omitempty" doc:"name as shown" ld:"vcard:fn" search:"yes"`
	Family   string   `json:"family,omitempty" doc:"family name" search:"yes"`
	Given    string   `json:"given,omitempty" doc:"given names" search:"yes"`
	Nickname string   `json:"nickname,omitempty" doc:"nickname" search:"yes"`
	Company  string   `json:"company,omitempty" doc:"organisation" search:"yes"`
	JobTitle string   `json:"jobTitle,omitempty" doc:"role there" search:"yes"`
	Email    []string `json:"email,omitempty" doc:"e-mail addresses, preferred first, lower case" search:"yes"`
	Phone    []string `json:"phone,omitempty" doc:"telephone numbers, E.164 when possible" search:"yes"`
	Address  []string `json:"address,omitempty" doc:"postal addresses, one line each" search:"yes"`
	URL      []string `json:"url,omitempty" doc:"web addresses"`
	Birthday string   `json:"birthday,omitempty" doc:"YYYY-MM-DD or --MM-DD"`
	Note     string   `json:"note,omitempty" doc:"free text" search:"yes"`
	Groups   []string `json:"groups,omitempty" doc:"groups and categories" search:"yes"`
	Kind     string   `json:"kind,omitempty" doc:"individual, group, org"`
	Native   string   `json:"native,omitempty" doc:"the card in its own syntax"`
}

// Event is the body of io.cozy.calendar.events.
type Event struct {
	UID         string `json:"uid,omitempty" doc:"iCalendar UID" index:"yes"`
	Title       string `json:"title,omitempty" doc:"summary" search:"yes"`
	Description string `json:"description,omitempty" doc:"free text" search:"yes"`
	Location    string `json:"location,omitempty" doc:"where, as written" search:"yes"`
	RRule       string `json:"rrule,omitempty" doc:"recurrence rules (RFC 5545), one a line"`
	Recurrence  string `json:"recurrenceId,omitempty" doc:"which occurrence this one replaces"`
	Status      string `json:"status,omitempty" doc:"CONFIRMED, TENTATIVE, CANCELLED"`
	Calendar    string `json:"calendar,omitempty" doc:"name of the calendar" search:"yes"`
	Zone        string `json:"zone,omitempty" doc:"IANA zone of the start"`
	Native      string `json:"native,omitempty" doc:"the component in its own syntax"`
}

// Todo is the body of io.cozy.calendar.todos.
type Todo struct {
	UID         string `json:"uid,omitempty" doc:"iCalendar UID" index:"yes"`
	Title       string `json:"title,omitempty" doc:"summary" search:"yes"`
	Description string `json:"description,omitempty" doc:"free text" search:"yes"`
	Due         string `json:"due,omitempty" doc:"when it is due, day or RFC 3339"`
	Completed   string `json:"completed,omitempty" doc:"when it was done, RFC 3339"`
	Status      string `json:"status,omitempty" doc:"NEEDS-ACTION, IN-PROCESS, COMPLETED, CANCELLED"`
	Percent     int64  `json:"percent,omitempty" doc:"0 to 100"`
	RRule       string `json:"rrule,omitempty" doc:"recurrence rules, one a line"`
	Calendar    string `json:"calendar,omitempty" doc:"name of the calendar" search:"yes"`
	Native      string `json:"native,omitempty" doc:"the component in its own syntax"`
}

// File is the body of io.cozy.files: bytes a person would call a file.
type File struct {
	Name   string         `json:"name,omitempty" doc:"file name" ld:"schema:name" search:"yes"`
	Folder string         `json:"folder,omitempty" doc:"path it was found at" search:"yes"`
	Mime   string         `json:"mime,omitempty" doc:"media type, by content"`
	Size   int64          `json:"size,omitempty" doc:"bytes"`
	Blob   penates.BlobID `json:"blob,omitempty" doc:"the content" index:"yes"`
	Label  string         `json:"label,omitempty" doc:"what it shows or is about" search:"yes"`
	Text   string         `json:"content,omitempty" doc:"words found in it" search:"yes"`
	// Recognised is empty when the words stand in the file as text.
	Recognised string `json:"recognised,omitempty" doc:"which program recognised words in the picture"`
}

// Activity is the body of penates.activities.
type Activity struct {
	Verb   string `json:"verb,omitempty" doc:"watched, listened, visited, searched, …" index:"yes"`
	Object string `json:"object,omitempty" doc:"what" search:"yes"`
	URL    string `json:"url,omitempty" doc:"where" format:"uri"`
	Device string `json:"device,omitempty" doc:"with which device"`
}

// Note is the body of penates.notes.
type Note struct {
	Title   string   `json:"title,omitempty" doc:"title" search:"yes"`
	Content string   `json:"content,omitempty" doc:"the text, without markup" search:"yes"`
	Tags    []string `json:"tags,omitempty" doc:"labels" search:"yes"`
}

// Bookmark is the body of penates.bookmarks.
type Bookmark struct {
	Title       string   `json:"title,omitempty" doc:"title" search:"yes"`
	URL         string   `json:"url,omitempty" doc:"address" format:"uri" search:"yes"`
	Folder      string   `json:"folder,omitempty" doc:"folder path" search:"yes"`
	Tags        []string `json:"tags,omitempty" doc:"labels" search:"yes"`
	Description string   `json:"description,omitempty" doc:"what is said about it" search:"yes"`
}

// Identity is the body of io.cozy.identities: who an organisation says the person is.
type Identity struct {
	Family     string `json:"family,omitempty" doc:"family name at birth" search:"yes"`
	Preferred  string `json:"preferred,omitempty" doc:"name in use" search:"yes"`
	Given      string `json:"given,omitempty" doc:"given names" search:"yes"`
	Gender     string `json:"gender,omitempty" doc:"female, male or the source's word"`
	BirthDate  string `json:"birthDate,omitempty" doc:"YYYY-MM-DD"`
	BirthPlace string `json:"birthPlace,omitempty" doc:"INSEE code or name" search:"yes"`
	Email      string `json:"email,omitempty" doc:"e-mail address" search:"yes"`
	Phone      string `json:"phone,omitempty" doc:"telephone number"`
	Address    string `json:"address,omitempty" doc:"one line" search:"yes"`
	Customer   string `json:"customer,omitempty" doc:"customer or member number" index:"yes"`
	Issuer     string `json:"issuer,omitempty" doc:"the organisation" search:"yes"`
	Level      string `json:"level,omitempty" doc:"assurance level, as in eidas1"`
}

// Claim is the body of penates.claims: an insurance claim.
type Claim struct {
	Insurer     string `json:"insurer,omitempty" doc:"the insurer" search:"yes"`
	Number      string `json:"number,omitempty" doc:"claim number" search:"yes" index:"yes"`
	Contract    string `json:"contract,omitempty" doc:"policy number"`
	Kind        string `json:"kind,omitempty" doc:"what happened, in the insurer's words" search:"yes"`
	Status      string `json:"status,omitempty" doc:"the insurer's word"`
	Description string `json:"description,omitempty" doc:"free text" search:"yes"`
}

// Record is the body of penates.records: a record no other type describes yet,
// kept whole.
type Record struct {
	Kind   string         `json:"kind,omitempty" doc:"the source's own name for it" index:"yes"`
	Fields map[string]any `json:"fields,omitempty" doc:"the record as it came" search:"yes"`
}

// The types of the bodies.

func (BankAccount) DocType() penates.Type   { return penates.BankAccounts }
func (BankOperation) DocType() penates.Type { return penates.BankOperations }
func (Bill) DocType() penates.Type          { return penates.Bills }
func (Order) DocType() penates.Type         { return penates.Orders }
func (Contract) DocType() penates.Type      { return penates.Contracts }
func (EnergyDay) DocType() penates.Type     { return penates.Energy }
func (PositionDay) DocType() penates.Type   { return penates.Positions }
func (HealthRecord) DocType() penates.Type  { return penates.Health }
func (Place) DocType() penates.Type         { return penates.Places }
func (Message) DocType() penates.Type       { return penates.Messages }
func (Call) DocType() penates.Type          { return penates.Calls }
func (Contact) DocType() penates.Type       { return penates.Contacts }
func (Event) DocType() penates.Type         { return penates.Events }
func (Todo) DocType() penates.Type          { return penates.Todos }
func (File) DocType() penates.Type          { return penates.Files }
func (Activity) DocType() penates.Type      { return penates.Activities }
func (Note) DocType() penates.Type          { return penates.Notes }
func (Bookmark) DocType() penates.Type      { return penates.Bookmarks }
func (Identity) DocType() penates.Type      { return penates.Identities }
func (Claim) DocType() penates.Type         { return penates.Claims }
func (Record) DocType() penates.Type        { return penates.Records }

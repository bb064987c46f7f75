package servicecsv

import (
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/importer/social"
	"penates/internal/locale"
	"penates/internal/schema"
)

// The tables of orders. Amazon writes a row for each article of an order; a row
// that was cancelled brought nothing and cost nothing and is left out.
var (
	retail    = &table{columns: []string{"orderid", "orderdate", "productname", "currency"}, sure: 97, read: readAmazon}
	digital   = &table{columns: []string{"orderid", "orderdate", "title", "ourprice"}, sure: 97, read: readAmazon}
	trips     = &table{columns: []string{"requesttime", "begintriptime", "dropofftime", "fareamount"}, sure: 97, read: readTrip}
	contacted = &table{columns: []string{"daddr", "time", "uncertain", "tracker"}, sure: 97, read: readContacted}
)

func readAmazon(r *row) (*penates.Document, schema.Body, error) {
	status := locale.Line(r.get("orderstatus", "shipmentstatus"))
	switch locale.Fold(status) {
	case "cancelled", "canceled", "annulee", "annule", "storniert", "cancelado", "annullato":
		return nil, nil, errSkip
	}
	number := locale.Line(r.get("orderid"))
	if number == "" {
		return nil, nil, fmt.Errorf("no order number: %w", penates.Invalid)
	}
	when, err := at(r.get("orderdate"))
	if err != nil {
		return nil, nil, err
	}
	merchant := first(locale.Line(r.get("website", "marketplace", "seller")), "Amazon")
	asin, name := locale.Line(r.get("asin", "asinisbn", "productid")), social.Line(r.get("productname", "title"))
	item := schema.BillLine{Label: name, Quantity: decimal(r.get("quantity", "originalquantity", "quantityordered")), Price: decimal(r.get("unitprice", "ourprice"))}
	d := &penates.Document{
		Source:  penates.Source{NativeID: r.names.Unique("order/" + number + "/" + first(asin, name))},
		Time:    penates.Span{Start: when},
		Parties: []penates.Party{{Role: "vendor", Literal: merchant}},
		Refs:    []penates.Ref{{Scheme: "order", Value: number}},
		Text:    social.Line(merchant + ": " + first(name, number)),
	}
	code := locale.Currency(r.get("currency", "ourpricecurrencycode", "currencycode"))
	if total := r.get("totalowed", "totalamount", "itemtotal", "ourprice"); total != "" {
		amount, err := locale.AmountComma(strings.Trim(total, "'"), mark(total))
		if err != nil {
			return nil, nil, err
		}
		item.Net = string(amount)
		if code != "" {
			d.Money = &penates.Money{Amount: amount, Currency: code}
		}
	}
	return d, schema.Order{Merchant: merchant, Number: number, Status: status, Items: []schema.BillLine{item}}, nil
}

// mark returns the decimal mark of an amount: exports write a point, and the
// comma groups thousands, except where it stands before one or two digits.
func mark(s string) byte {
	if i := strings.LastIndexByte(s, ','); i >= 0 && !strings.Contains(s[i:], ".") && len(strings.Trim(s[i+1:], "' €")) < 3 {
		return ','
	}
	return '.'
}

// decimal returns a number that may be missing.
func decimal(s string) string {
	n, err := locale.AmountComma(strings.Trim(s, "'"), mark(s))
	if err != nil {
		return ""
	}
	return string(n)
}

func readTrip(r *row) (*penates.Document, schema.Body, error) {
	requested, err := at(r.get("requesttime"))
	if err != nil {
		return nil, nil, err
	}
	from, to := social.Line(r.get("begintripaddress")), social.Line(r.get("dropoffaddress"))
	product, status := locale.Line(r.get("producttype")), locale.Line(r.get("triporderstatus", "tripstatus"))
	d := &penates.Document{
		Source:  penates.Source{NativeID: "trip/" + r.names.Hash(requested.String(), product, from)},
		Time:    penates.Span{Start: requested},
		Place:   place(r.get("begintriplat"), r.get("begintriplng"), from),
		Parties: []penates.Party{{Role: "vendor", Literal: "Uber"}},
		Text:    social.Line(fmt.Sprintf("Uber: %s → %s", first(from, "?"), first(to, "?"))),
	}
	// A ride that did not take place has the times of 1970.
	if begin, err := at(r.get("begintriptime")); err == nil && !begin.Time().Before(requested.Time()) {
		d.Time.Start = begin
		if end, err := at(r.get("dropofftime")); err == nil && !end.Time().Before(begin.Time()) {
			d.Time.End = end
		}
	}
	if distance, err := penates.ParseDecimal(r.get("distancemiles")); err == nil {
		d.Quantity = &penates.Quantity{Value: distance, Unit: "[mi_i]", Kind: "distance"}
	}
	item := schema.BillLine{Label: social.Line(first(product, "ride") + ", " + first(from, "?") + " → " + first(to, "?")), Quantity: "1"}
	if fare := r.get("fareamount"); fare != "" {
		amount, err := locale.AmountComma(fare, mark(fare))
		if err != nil {
			return nil, nil, err
		}
		item.Net = string(amount)
		if code := locale.Currency(r.get("farecurrency")); code != "" {
			d.Money = &penates.Money{Amount: amount, Currency: code}
		}
	}
	return d, schema.Order{Merchant: "Uber", Status: status, Items: []schema.BillLine{item}}, nil
}

// place returns where lat and lon are, or nil when they are missing or no place.
func place(lat, lon, name string) *penates.Place {
	y, err1 := strconv.ParseFloat(lat, 64)
	x, err2 := strconv.ParseFloat(lon, 64)
	if err1 != nil || err2 != nil || !(y >= -90 && y <= 90 && x >= -180 && x <= 180) || x == 0 && y == 0 {
		return nil
	}
	return &penates.Place{Lat: y, Lon: x, Name: name}
}

func readContacted(r *row) (*penates.Document, schema.Body, error) {
	when, err := at(r.get("time"))
	if err != nil {
		return nil, nil, err
	}
	host, tracker := locale.Line(r.get("daddr")), locale.Line(r.get("tracker"))
	if host == "" {
		return nil, nil, fmt.Errorf("no address: %w", penates.Invalid)
	}
	app := locale.Line(r.get("app", "package"))
	what := host
	if extra := strings.Trim(tracker+", "+locale.Line(r.get("category")), ", "); extra != "" {
		what += " (" + extra + ")"
	}
	d := &penates.Document{
		Source: penates.Source{NativeID: r.names.Hash(when.String(), host, app, r.get("uid"))},
		Time:   penates.Span{Start: when},
		Text:   social.Line(first(app, "an application") + " contacted " + what),
	}
	if tracker != "" {
		d.Parties = []penates.Party{{Role: "to", Literal: tracker}}
	}
	return d, schema.Activity{Verb: "contacted", Object: social.Line(what), Device: app}, nil
}

package insight

import (
	"context"
	"slices"
	"strings"

	"penates"
	"penates/internal/figure"
	"penates/internal/locale"
	"penates/internal/query"
	"penates/internal/vault"
)

// EnergyCost computes what energy costs month by month, from the meters' series,
// the bills and the bank.
func EnergyCost(ctx context.Context, s *vault.Session) (*EnergyCostResult, error) {
	in, err := loadEnergy(ctx, s)
	if err != nil {
		return nil, err
	}
	return ComputeEnergy(*in), nil
}

// Recurring finds the payments that come again and what changed in them.
func Recurring(ctx context.Context, s *vault.Session) (*RecurringResult, error) {
	vendors := map[penates.DocumentID]string{}
	err := query.Each(ctx, s, query.Select{
		Key: "l.id", Columns: `l."from", b.vendor`, From: `links l JOIN bills b ON b.id = l."to"`, Where: "l.rel = 'pays' AND b.vendor <> ''",
	}, func(row []any) error {
		vendors[penates.DocumentID(figure.Text(row[1]))] = figure.Text(row[2])
		return nil
	})
	if err != nil {
		return nil, err
	}
	var moves []Movement
	err = query.Each(ctx, s, query.Select{
		Key: "id", Columns: "day, amount, currency, account, label, counterparty, kind, status", From: "bank_operations", Where: "day <> '' AND duplicate_of IS NULL",
	}, func(row []any) error {
		m := Movement{
			ID: penates.DocumentID(figure.Text(row[0])), Day: figure.ParseDay(figure.Text(row[1])), Currency: figure.Text(row[3]),
			Account: figure.Text(row[4]), Label: figure.Text(row[5]), Counterparty: figure.Text(row[6]), Kind: figure.Text(row[7]),
		}
		m.Vendor = vendors[m.ID]
		var ok bool
		if m.Amount, ok = figure.Amount(row[2]); ok && m.Day != figure.Unknown && figure.Text(row[8]) != "reverted" {
			moves = append(moves, m)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return FindRecurring(moves), nil
}

// Exchanges computes who the person exchanges with, from messages, calls, events
// and contacts.
func Exchanges(ctx context.Context, s *vault.Session) (*ExchangesResult, error) {
	meetings, err := loadMeetings(ctx, s)
	if err != nil {
		return nil, err
	}
	calls, err := loadCalls(ctx, s)
	if err != nil {
		return nil, err
	}
	var cards []AddressCard
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "fullName, email, phone, duplicate_of", From: "contacts"}, func(row []any) error {
		cards = append(cards, AddressCard{ID: penates.DocumentID(figure.Text(row[0])), Name: figure.Text(row[1]), Emails: list(row[2]), Phones: list(row[3]), Same: penates.DocumentID(figure.Text(row[4]))})
		return nil
	})
	if err != nil {
		return nil, err
	}
	var own []string
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "email, phone", From: "identities"}, func(row []any) error {
		for _, cell := range row[1:] {
			if a := figure.Text(cell); a != "" {
				own = append(own, a)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return FindExchanges(append(meetings, calls...), cards, own), nil
}

// sentFolders and draftFolders are words in the names of the mailboxes that hold
// what the person wrote, folded.
var (
	sentFolders  = []string{"sent", "envoye", "outbox", "gesendet", "enviado", "inviat", "verzonden"}
	draftFolders = []string{"draft", "brouillon", "entwurf", "entwurfe", "borrador", "bozze"}
)

func loadMeetings(ctx context.Context, s *vault.Session) (meetings []Meeting, err error) {
	documents := map[penates.DocumentID]Meeting{}
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "day, start, folder", From: "messages", Where: "duplicate_of IS NULL"}, func(row []any) error {
		folder := locale.Fold(figure.Text(row[3]))
		has := func(word string) bool { return strings.Contains(folder, word) }
		if !slices.ContainsFunc(draftFolders, has) {
			m := meetingOf(row)
			m.Sent = slices.ContainsFunc(sentFolders, has)
			documents[m.Document] = m
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "day, start", From: "events", Where: "coalesce(status, '') <> 'CANCELLED' AND duplicate_of IS NULL"}, func(row []any) error {
		m := meetingOf(row)
		m.Kind = InEvent
		documents[m.Document] = m
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = query.Each(ctx, s, query.Select{
		Key: "document", Columns: "role, name, address", From: "parties", Where: "role IN ('from', 'to', 'cc', 'bcc', 'attendee', 'organizer')",
	}, func(row []any) error {
		if m, ok := documents[penates.DocumentID(figure.Text(row[0]))]; ok {
			m.Role, m.Name, m.Address = figure.Text(row[1]), figure.Text(row[2]), figure.Text(row[3])
			meetings = append(meetings, m)
		}
		return nil
	})
	return meetings, err
}

// meetingOf reads id, day and start.
func meetingOf(row []any) Meeting {
	return Meeting{Document: penates.DocumentID(figure.Text(row[0])), Day: figure.ParseDay(figure.Text(row[1])), At: figure.Text(row[2])}
}

// loadCalls reads calls, and the text messages that are logged with them.
func loadCalls(ctx context.Context, s *vault.Session) (meetings []Meeting, err error) {
	err = query.Each(ctx, s, query.Select{Key: "id", Columns: "day, start, direction, number, kind, seconds", From: "calls", Where: "number <> '' AND duplicate_of IS NULL"}, func(row []any) error {
		m := meetingOf(row)
		m.Kind, m.Role, m.Address, m.Seconds = InCall, "from", figure.Text(row[4]), max(figure.Whole(row[6]), 0)
		direction := figure.Text(row[3])
		if direction == "out" {
			m.Role = "to"
		}
		m.Missed = direction == "missed"
		switch figure.Text(row[5]) {
		case "data":
			return nil
		case "sms", "mms":
			m.Kind, m.Sent, m.Seconds = InMessage, direction == "out", 0
		}
		meetings = append(meetings, m)
		return nil
	})
	return meetings, err
}

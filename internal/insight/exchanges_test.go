package insight_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"penates"
	"penates/internal/figure"
	"penates/internal/insight"
)

func mail(id, day, from string, to ...string) (all []insight.Meeting) {
	m := insight.Meeting{Document: penates.DocumentID(id), Kind: insight.InMessage, Day: figure.ParseDay(day), At: day, Role: "from", Address: from}
	all = append(all, m)
	for _, a := range to {
		m.Role, m.Address = "to", a
		all = append(all, m)
	}
	return all
}

func exchanged(e insight.Exchange) string {
	return fmt.Sprintf("%s in %d out %d calls %d+%d-%d %ds events %d, %s to %s %v %v", e.Name, e.In, e.Out, e.CallsIn, e.CallsOut, e.Missed, e.Seconds, e.Events, e.First, e.Last, e.Contacts, e.Addresses)
}

func life() (all []insight.Meeting) {
	const me = "Me@Example.org"
	for _, m := range [][]insight.Meeting{
		mail("m1", "2025-01-03", "lou@example.org", me, "max@example.org"),
		mail("m2", "2025-01-04", me, "lou@work.example", "lou@example.org"),
		mail("m3", "2025-03-01", me, "max@example.org"),
		mail("m4", "2025-03-02", "shop@example.com", me),
	} {
		all = append(all, m...)
	}
	call := insight.Meeting{Document: "c1", Kind: insight.InCall, Day: figure.ParseDay("2025-02-01"), At: "2025-02-01T10:00:00Z", Role: "to", Address: "+33 6 12 34 56 78", Seconds: 60}
	missed := call
	missed.Document, missed.Role, missed.Missed, missed.Seconds = "c2", "from", true, 0
	text := call
	text.Document, text.Kind, text.Sent, text.Seconds = "c3", insight.InMessage, true, 0
	event := insight.Meeting{Document: "e1", Kind: insight.InEvent, Day: figure.ParseDay("2025-01-09"), At: "2025-01-09", Role: "attendee", Address: "mailto:max@example.org"}
	host := event
	host.Role, host.Address = "organizer", me
	chat := insight.Meeting{Document: "w1", Kind: insight.InMessage, Day: figure.ParseDay("2025-01-20"), At: "2025-01-20", Role: "from", Name: "Zoé"}
	return append(all, call, missed, text, event, host, chat)
}

func TestFindExchanges(t *testing.T) {
	cards := []insight.AddressCard{
		{ID: "lou1", Name: "Lou Martin", Emails: []string{"lou@example.org"}, Phones: []string{"+33612345678"}},
		{ID: "lou2", Name: "L. Martin", Same: "lou1", Emails: []string{"LOU@example.org", "lou@work.example"}},
		{ID: "spouse", Name: "Sam Martin", Phones: []string{"+33612345678"}},
	}
	r := insight.FindExchanges(life(), cards, nil)
	var got []string
	for _, e := range r.People {
		got = append(got, exchanged(e))
	}
	want := []string{
		"Lou Martin in 1 out 2 calls 0+1-1 60s events 0, 2025-01-03 to 2025-02-01 [lou1 lou2] [+33612345678 lou@example.org lou@work.example]",
		"max@example.org in 0 out 1 calls 0+0-0 0s events 1, 2025-01-09 to 2025-03-01 [] [max@example.org]",
		"shop@example.com in 1 out 0 calls 0+0-0 0s events 0, 2025-03-02 to 2025-03-02 [] [shop@example.com]",
		"Zoé in 1 out 0 calls 0+0-0 0s events 0, 2025-01-20 to 2025-01-20 [] []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"me@example.org"}, r.Own); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2025-01", "2025-02", "2025-03"}, r.Months); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]insight.MonthCount{{In: 1, Out: 1}, {Out: 1, Calls: 2}, {}}, r.People[0].Trend); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]penates.DocumentID{"c1", "c2", "c3", "m2", "m1"}, r.People[0].Documents); diff != "" {
		t.Error(diff)
	}
}

// TestOwnAddresses has two addresses the person sends from.
func TestOwnAddresses(t *testing.T) {
	meetings := append(mail("m1", "2025-01-01", "me@example.org", "max@example.org"), mail("m2", "2025-01-02", "me@work.example", "max@example.org")...)
	for i := range meetings {
		meetings[i].Sent = true
	}
	r := insight.FindExchanges(meetings, nil, nil)
	if diff := cmp.Diff([]string{"me@example.org", "me@work.example"}, r.Own); diff != "" {
		t.Error(diff)
	}
	if len(r.People) != 1 || r.People[0].Out != 2 {
		t.Errorf("people = %+v, want max alone, written to twice", r.People)
	}
	given := insight.FindExchanges(mail("m1", "2025-01-01", "a@example.org", "b@example.org"), nil, []string{"B@example.org"})
	if len(given.People) != 1 || given.People[0].Name != "a@example.org" || given.People[0].In != 1 {
		t.Errorf("people = %+v, want a alone, who wrote once", given.People)
	}
}

func TestExchangesOfStrayDates(t *testing.T) {
	r := insight.FindExchanges(append(mail("m1", "0001-01-01", "a@example.org", "b@example.org"), mail("m2", "2025-01-01", "a@example.org", "b@example.org")...), nil, []string{"b@example.org"})
	if len(r.Months) > 600 || r.Months[len(r.Months)-1] != "2025-01" {
		t.Errorf("%d months to %s", len(r.Months), r.Months[len(r.Months)-1])
	}
}

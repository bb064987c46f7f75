package mesinfos_test

import (
	"encoding/json"
	"testing"

	"penates"
	"penates/internal/importer/importertest"
	"penates/internal/importer/mesinfos"
)

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`[{"_id": "a1", "amount": -60.5, "bankAccount": "77", "date": "2024-03-08T00:00:00.000Z", "docType": "bankoperation", "raw": "PRLV EDF"}]`,
		`[{"vendor": "EDF", "balanceBeforeInvoice": "-50.0", "number": "123", "date": "2024-03-033T00", "totalPaymentDue": "91.5", "value": "41.5"}]`,
		`[{"contractNumber": "55", "start": "2024-10-27T02:00:00", "end": "2024-10-27T02:30:00", "value": 26, "statementType": "x", "statementReason": "LinkyHalfHour", "releve": [{"date": "2024-01-01", "indexesByLabel": {"A": 1}}]}]`,
		`[{"contrat": [{"objects": {"lieu": [{"address": {}}], "vehicule": [{}]}}]}, {"societaire": {"name": {}}}, {"home": [{}]}]`,
		`[{"msisdn": "33639980001", "partner": "1", "timestamp": "2024-10-01T07:45:10Z", "length": 59, "chipType": "s", "latitude": 1, "longitude": 2}]`,
		`[{"fn": "x", "n": ";x", "datapoints": [{"name": "tel", "value": "06"}], "docType": "contact"}, {"docType": "geopoint", "timestamp": "2024-01-01", "latitude": 1, "longitude": 1}]`,
		`[{"messageID": "x", "conversationID": "y", "html": "<p>a<script>b", "from": [{}], "flags": ["\\Seen"]}]`,
		`[{"docType": "event", "start": "2024-09-10T10:00:00.000", "timezone": "Europe/Paris"}, {"docType": "photo", "gps": {"lat": 1, "long": 2}}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mesinfos.Format.Recognise(importertest.File("x", b).Head)
		c, _ := importertest.Read(mesinfos.Format, "x", b)
		for i, d := range c.Documents {
			if d.Money != nil {
				if _, err := penates.ParseDecimal(string(d.Money.Amount)); err != nil {
					t.Errorf("amount %q", d.Money.Amount)
				}
			}
			if !json.Valid(d.Body) || d.Source.Locator == "" {
				t.Errorf("document %+v of %+v", d, c.Bodies[i])
			}
		}
		for _, s := range c.Series {
			for _, p := range s.Points {
				if p.Start.IsZero() || p.Place == nil && p.Value == "" {
					t.Errorf("point %+v", p)
				}
				if !p.End.IsZero() && !p.End.Time().After(p.Start.Time()) {
					t.Errorf("point %+v ends before it starts", p)
				}
			}
		}
	})
}

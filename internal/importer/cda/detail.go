package cda

import (
	"cmp"
	"strings"

	"penates/internal/importer/health"
	"penates/internal/schema"
)

// planned are the moods of what is to happen (ActMood).
var planned = map[string]bool{"INT": true, "RQO": true, "PRMS": true, "PRP": true, "ARQ": true, "APT": true}

// immunizations are the codes of vaccinations in ActCode, and of their section in
// LOINC.
var immunizations = map[string]bool{"IMMUNIZ": true, "INITIMMUNIZ": true, "BOOSTER": true, "11369-6": true}

// problems are the codes of observations whose value is what they are about: the
// problem types of C-CDA (SNOMED CT and LOINC) and those of IHE PCC.
var problems = map[string]bool{
	assertion: true, "55607006": true, "404684003": true, "282291009": true, "64572001": true, "409586006": true, "418799008": true,
	"75326-9": true, "75323-6": true, "75325-1": true, "29308-4": true, "75321-0": true, "75322-8": true, "75318-6": true, "75315-2": true,
	"75319-4": true, "75314-5": true, "420134006": true, "248536006": true, "373930000": true, "DX": true,
}

// allergies are the codes of observations about allergies (ObservationIntoleranceType,
// and the kinds of allergy of SNOMED CT).
var allergies = map[string]bool{
	"416098002": true, "414285001": true, "419199007": true, "426232007": true, "418471000": true, "418038007": true, "419511003": true,
	"235719002": true, "59037007": true, "609328004": true, "106190000": true,
	"ALG": true, "DALG": true, "EALG": true, "FALG": true, "OINT": true, "DINT": true, "EINT": true, "FINT": true, "DNAINT": true, "ENAINT": true, "FNAINT": true,
}

// resource returns the type FHIR has for a statement (C-CDA on FHIR).
func resource(n *node, section string) string {
	code, future := n.one("code").attr("code"), planned[n.attr("moodCode")]
	switch n.name {
	case "observation":
		substance := n.one("participant", "participantRole", "playingEntity") != nil
		switch {
		case n.attr("moodCode") == "GOL":
			return "Goal"
		case future:
			return "ServiceRequest"
		case allergies[code], problems[code] && substance:
			return "AllergyIntolerance"
		case problems[code] && len(n.all("value")) > 0:
			return "Condition"
		}
		return "Observation"
	case "substanceAdministration":
		switch {
		case immunizations[code], immunizations[section]:
			return "Immunization"
		case future:
			return "MedicationRequest"
		}
		return "MedicationStatement"
	case "supply":
		if future {
			return "SupplyRequest"
		}
		return "SupplyDelivery"
	case "encounter":
		if future {
			return "Appointment"
		}
		return "Encounter"
	case "organizer":
		return "DiagnosticReport"
	}
	if future {
		return "ServiceRequest"
	}
	return "Procedure"
}

// about returns what a statement is about: the drug, device or vaccine of one that
// has one, else its code.
func (r *reader) about(n *node) (words, code string) {
	for _, path := range [...][]string{
		{"consumable", "manufacturedProduct", "manufacturedMaterial"}, {"product", "manufacturedProduct", "manufacturedMaterial"},
		{"consumable", "manufacturedProduct", "manufacturedLabeledDrug"}, {"participant", "participantRole", "playingDevice"},
	} {
		for _, material := range n.all(path...) {
			words, code = r.words.concept(material.one("code"))
			if name := health.Clean(material.one("name").words()); words == "" || name != "" && material.one("code").attr("displayName") == "" {
				words = cmp.Or(name, words)
			}
			if words != "" {
				return words, code
			}
		}
	}
	words, code = r.words.concept(n.one("code"))
	if qualifier, _ := r.words.concept(n.one("code", "qualifier", "value")); qualifier != "" {
		words = health.Clean(words + ", " + qualifier)
	}
	return words, code
}

// problem makes what was found what the statement is about: the illness, or the
// substance of an allergy. What kind of finding it is becomes the result.
func (r *reader) problem(n *node, body *schema.HealthRecord, v *value) {
	kind, asserted := body.Code, n.one("code").attr("code") == assertion
	about, code := v.words, v.system
	if body.Resource == "AllergyIntolerance" {
		entity := n.one("participant", "participantRole", "playingEntity")
		substance, system := r.words.concept(entity.one("code"))
		if substance = cmp.Or(substance, health.Clean(entity.one("name").words())); substance != "" {
			if asserted {
				kind = cmp.Or(v.words, kind)
				asserted = v.words == ""
			}
			about, code = substance, system
		}
	}
	if about == "" {
		return
	}
	body.Code, body.System = about, code
	*v = value{}
	if !asserted && kind != about {
		*v = value{words: kind}
	}
}

// assertion is the code of observations that mean nothing but their value.
const assertion = "ASSERTION"

// result returns what was found; of several values the words of all.
func (r *reader) result(n *node) value {
	values := n.all("value")
	if len(values) == 1 {
		return r.value(values[0])
	}
	var parts []string
	for _, v := range values {
		if s := r.value(v).text(); s != "" && len(parts) < maxValues {
			parts = append(parts, s)
		}
	}
	return value{words: health.Clean(strings.Join(parts, ", "))}
}

const maxValues = 500

// simple are elements of statements that are values under a name of their own.
var simple = [...]struct {
	path []string
	name string
}{
	{[]string{"interpretationCode"}, "Interpretation"},
	{[]string{"referenceRange", "observationRange", "value"}, "Reference range"},
	{[]string{"doseQuantity"}, "Dose"},
	{[]string{"rateQuantity"}, "Rate"},
	{[]string{"maxDoseQuantity"}, "Highest dose"},
	{[]string{"quantity"}, "Quantity"},
	{[]string{"repeatNumber"}, "Repeats"},
	{[]string{"effectiveTime", "period"}, "Every"},
	{[]string{"effectiveTime", "comp", "period"}, "Every"},
	{[]string{"expectedUseTime", "width"}, "Duration"},
	{[]string{"routeCode"}, "Route"},
	{[]string{"approachSiteCode"}, "Site"},
	{[]string{"targetSiteCode"}, "Site"},
	{[]string{"methodCode"}, "Method"},
	{[]string{"priorityCode"}, "Priority"},
	{[]string{"consumable", "manufacturedProduct", "manufacturedMaterial", "lotNumberText"}, "Lot"},
	{[]string{"consumable", "manufacturedProduct", "manufacturerOrganization", "name"}, "Manufacturer"},
	{[]string{"precondition", "criterion", "text"}, "Condition"},
	{[]string{"precondition", "criterion", "value"}, "Condition"},
}

// details adds what stands inside a statement to its values.
func (r *reader) details(n *node, body *schema.HealthRecord, depth int) {
	for _, s := range simple {
		for _, e := range n.all(s.path...) {
			if v := r.value(e); v.text() != "" {
				r.detail(body, v.part(s.name, v.system))
			}
		}
	}
	if depth >= maxLevels {
		return
	}
	for _, rel := range n.all("entryRelationship") {
		for _, s := range statements(rel) {
			r.inside(s, body)
			r.details(s, body, depth+1)
		}
	}
	if depth > 0 {
		for _, c := range n.all("component") {
			for _, s := range statements(c) {
				r.inside(s, body)
				r.details(s, body, depth+1)
			}
		}
	}
}

func (r *reader) detail(body *schema.HealthRecord, v schema.HealthValue) {
	if len(body.Values) < maxValues {
		body.Values = append(body.Values, v)
	}
}

// inside adds one statement inside another: what it found, or what it says.
func (r *reader) inside(s *node, body *schema.HealthRecord) {
	words, system := r.about(s)
	v := r.result(s)
	text := r.words.of(s.one("text"))
	switch {
	case s.one("code").attr("code") == assertion && v.words != "":
		r.detail(body, schema.HealthValue{Code: v.words, System: v.system})
	case v.text() != "":
		r.detail(body, v.part(words, cmp.Or(system, v.system)))
	case text != "" && s.name == "act":
		body.Note = health.Prose(strings.TrimSpace(body.Note + " " + text))
	case words != "" && s.name != "observationMedia":
		r.detail(body, schema.HealthValue{Code: words, System: system, Value: text})
	}
}

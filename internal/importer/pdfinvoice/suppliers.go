package pdfinvoice

import "regexp"

// suppliers are companies that many people in France have bills of, by the number
// (SIREN) which stands in their legal mentions.
var suppliers = map[string]string{
	"552081317": "EDF",
	"542107651": "Engie",
	"442395448": "TotalEnergies",
	"444608442": "Enedis",
	"444786511": "GRDF",
	"421938861": "Free",
	"499247138": "Free",
	"397480930": "Bouygues Telecom",
	"380129866": "Orange",
	"343059564": "SFR",
	"424761419": "OVH",
	"434317293": "Veepee",
	"775709702": "MAIF",
	"341672681": "MAIF",
	"538518473": "Harmonie Mutuelle",
	"572025526": "Veolia",
	"410034607": "Suez Eau",
	"519037584": "SNCF",
	"356000000": "La Poste",
	"542086616": "Darty",
	"775661390": "Fnac",
	"347384570": "Boulanger",
	"424059822": "Cdiscount",
	"384560942": "Leroy Merlin",
	"500569405": "Decathlon",
}

// rules are the wordings of the total on the bills of companies where the general
// ones would find another sum first: one before a payment by instalments, or that of a
// part of the bill.
var rules = map[string]*regexp.Regexp{
	"Bouygues Telecom": regexp.MustCompile(`^montant preleve le\b|^total (?:de votre )?facture\b`),
	"EDF":              regexp.MustCompile(`\b(?:facture|montant total) ttc\b|\btotal ttc de la facture\b`),
	"Engie":            regexp.MustCompile(`\btotal (?:de la )?facture ttc\b|\btotal ttc\b`),
	"Free":             regexp.MustCompile(`^somme a payer\b|^total facture\b`),
	"MAIF":             regexp.MustCompile(`^total ttc\b`),
	"Orange":           regexp.MustCompile(`\btotal du montant (?:preleve|a payer)\b|\bmontant total (?:preleve|a payer)\b`),
	"SFR":              regexp.MustCompile(`\btotal ttc (?:a payer|a prelever|preleve)\b|\bmontant preleve\b`),
	"TotalEnergies":    regexp.MustCompile(`\bmontant total ttc\b|\btotal de la facture\b`),
	"Veepee":           regexp.MustCompile(`^montant total ttc\b`),
	"Veolia":           regexp.MustCompile(`\b(?:montant|net) a payer\b|\btotal ttc de la facture\b`),
}

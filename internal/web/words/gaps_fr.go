package words

// frenchGaps are the words on what is missing.
var frenchGaps = map[string]string{
	"gap.title":                          "Ce qui manque",
	"gap.what":                           "Une chose ne manque que là où elle vient régulièrement, entre la première et la dernière qui sont là : quatre factures à un rythme, six mois d’au moins quatre documents, deux semaines avec un point presque chaque jour, deux soldes d’un compte.",
	"gap.none":                           "Rien de ce qui vient régulièrement ne manque.",
	"gap.whole.n":                        "{n} suite complète|{n} suites complètes",
	"gap.bills.1":                        "{0} factures mensuelles attendues, {1} ici ({2})",
	"gap.bills.2":                        "{0} factures, une tous les deux mois, attendues, {1} ici ({2})",
	"gap.bills.3":                        "{0} factures trimestrielles attendues, {1} ici ({2})",
	"gap.bills.6":                        "{0} factures semestrielles attendues, {1} ici ({2})",
	"gap.bills.12":                       "{0} factures annuelles attendues, {1} ici ({2})",
	"gap.months.io.cozy.bank.operations": "Opérations attendues sur {0} mois, présentes sur {1} ({2})",
	"gap.months.penates.messages":        "Messages attendus sur {0} mois, présents sur {1} ({2})",
	"gap.months.penates.calls":           "Appels attendus sur {0} mois, présents sur {1} ({2})",
	"gap.days":                           "Relevés attendus sur {0} jours, présents sur {1} ({2})",
	"gap.balances":                       "Sur {0} périodes entre deux soldes, les opérations de {1} tombent juste ({2})",
	"gap.missing":                        "Il manque : {0}.",
	"gap.difference":                     "Les opérations présentes n’expliquent pas le solde : {0}. Reste inexpliqué : {1}.",
	"gap.debits":                         "Le fournisseur a été payé après sa dernière facture présente.",
	"gap.more.n":                         "{n} autre|{n} autres",
	"gap.contract":                       "{0}, contrat {1}",
	"gap.meter.load-curve":               "Courbe de charge, compteur {0}",
	"gap.meter.daily":                    "Énergie par jour, compteur {0}",
}

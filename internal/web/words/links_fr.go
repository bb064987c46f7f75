package words

// frenchLinks are the words on what belongs together and what is told twice.
var frenchLinks = map[string]string{
	"rule.person/uid":                 "les carnets leur donnent le même identifiant",
	"rule.person/email":               "les deux ont la même adresse e-mail",
	"rule.person/email.common":        "les deux ont {0}",
	"rule.person/phone":               "les deux ont le même numéro de téléphone",
	"rule.person/phone.common":        "les deux ont le {0}",
	"rule.person/name":                "même nom, et une entreprise ou une adresse en commun",
	"rule.person/name.common":         "les deux s’appellent {0} et ont une entreprise ou une adresse en commun",
	"rule.same/iban":                  "même IBAN",
	"rule.same/account-number":        "même numéro de compte",
	"rule.same/statement":             "les mêmes opérations les mêmes jours",
	"rule.same/amount+date+reference": "même montant et même référence de la banque, le même jour ou le lendemain",
	"rule.same/amount+date+wording":   "même montant et même libellé, le même jour ou le lendemain",
	"rule.same/amount+date":           "même montant le même jour sur le même compte",
	"rule.same/invoice":               "mêmes fournisseur, numéro et total",
	"rule.same/vendor+date":           "mêmes fournisseur, jour et total",
	"rule.same/uid":                   "les agendas leur donnent le même identifiant",
	"rule.same/points":                "chacun de ses points y est, avec la même valeur",
	"rule.same/message-id":            "même Message-ID",
	"rule.same/bytes":                 "les mêmes octets",
	"rule.part_of/path":               "le message nomme ce fichier",
	"twin.fuller":                     "Les sommes ne comptent ceci qu’une fois, avec ce qui en dit plus :",
	"twin.two":                        "Ce sont deux choses, compter les deux",
	"twin.others.n":                   "{n} autre document dit la même chose ; les sommes n’en comptent qu’un.|{n} autres documents disent la même chose ; les sommes n’en comptent qu’un.",
}

package words

var frenchBackups = map[string]string{
	"backup.title":             "Copies de votre coffre",
	"backup.kind":              "Gardée",
	"backup.stored":            "Contient tout jusqu’au",
	"backup.proven":            "Dernière restauration prouvée",
	"backup.never":             "jamais",
	"backup.trouble":           "Problème",
	"backup.kind.same-disk":    "sur le même disque que le coffre",
	"backup.kind.other-disk":   "sur un autre disque",
	"backup.kind.elsewhere":    "sur une autre machine",
	"backup.documents":         "{n} document|{n} documents",
	"backup.proven.what":       "{0} : {1}, {2}, tout est identique",
	"backup.failed":            "La restauration du {0} a échoué : {1}",
	"backup.error":             "Rien n’y est enregistré en ce moment : {0}",
	"backup.none":              "Il n’y a pas encore de copie : si ce disque tombe en panne, tout est perdu. Tapez « penates backup add » et l’adresse d’un dossier sur un autre disque, ou d’un service.",
	"backup.what":              "Une copie ne contient rien que quelqu’un puisse lire. Une fois par semaine, un coffre provisoire en est restauré et comparé au vôtre, octet par octet. Avec une copie, votre fiche de secours suffit pour tout retrouver.",
	"backup.missing.copies":    "Trois copies valent mieux que deux : ajoutez-en une.",
	"backup.missing.media":     "Toutes les copies sont sur un même disque : ajoutez-en une sur un autre.",
	"backup.missing.elsewhere": "Aucune copie n’est ailleurs, autant qu’on sache : un incendie ou un vol emporterait tout.",
	"backup.missing.recent":    "Aucune copie ne contient la dernière journée : tapez « penates backup now ».",
	"backup.missing.proof":     "Aucune copie n’a été restaurée pour preuve depuis un mois : tapez « penates backup drill ».",
}

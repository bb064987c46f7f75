package company

import "strings"

// known lists well-known companies: name, sector, what an energy company sells
// (e, g), then the names they go under on bills and in bank labels, folded. A
// name with a question mark is also an ordinary word.
const known = `
EDF|energy|eg|edf|electricite de france|edf clients particuliers|edf particuliers
Engie|energy|eg|engie|gdf suez|gaz de france|gdf
TotalEnergies|energy|eg|totalenergies|total energies|total direct energie|direct energie|total spring|lampiris
Eni|energy|eg|eni gas|eni gaz|eni plenitude|plenitude|eni?
Ekwateur|energy|eg|ekwateur|ekw
Enercoop|energy|e|enercoop
Octopus Energy|energy|eg|octopus energy|plum energie
Ohm Énergie|energy|eg|ohm energie
Mint Énergie|energy|eg|mint energie
Vattenfall|energy|eg|vattenfall
Iberdrola|energy|eg|iberdrola
Alpiq|energy|e|alpiq
Ilek|energy|eg|ilek
Sowee|energy|eg|sowee
Planète Oui|energy|e|planete oui
GreenYellow|energy|e|greenyellow
Primeo Énergie|energy|eg|primeo energie
La Bellenergie|energy|e|la bellenergie|labellenergie
Mega Énergie|energy|eg|mega energie
Happ-e|energy|eg|happ e by engie
Alterna|energy|eg|alterna energie
ES Énergies Strasbourg|energy|eg|es energies strasbourg|electricite de strasbourg
Gaz de Bordeaux|energy|eg|gaz de bordeaux
Butagaz|energy|eg|butagaz
Antargaz|energy|eg|antargaz
Enedis|energy|e|enedis|erdf
GRDF|energy|g|grdf
E.ON|energy|eg|e on energie|eon energie|e on energy|e on next
Vattenfall Europe|energy|eg|vattenfall europe
British Gas|energy|eg|british gas
Endesa|energy|eg|endesa
Naturgy|energy|eg|naturgy|gas natural
Enel|energy|eg|enel energia|enel?
Luminus|energy|eg|luminus
Essent|energy|eg|essent
Eneco|energy|eg|eneco
EDP|energy|eg|edp comercial|edp?
Veolia|water||veolia|generale des eaux|compagnie generale des eaux
Suez Eau|water||suez eau|lyonnaise des eaux|suez?
Saur|water||saur
Eau de Paris|water||eau de paris
Free|telecom||free mobile|free telecom|free haut debit|free hautdebit|freebox|iliad|free?
Orange|telecom||orange sa|orange france|france telecom|orange mobile|sosh|orange?
SFR|telecom||sfr|red by sfr|societe francaise du radiotelephone|numericable
Bouygues Telecom|telecom||bouygues telecom|bouygues tel|bytel|bouygtel|b you
La Poste Mobile|telecom||la poste mobile
Prixtel|telecom||prixtel
OVH|telecom||ovh|ovhcloud
Vodafone|telecom||vodafone
Deutsche Telekom|telecom||deutsche telekom|telekom deutschland
O2|telecom||telefonica germany|telefonica
MAIF|insurance||maif|mutuelle assurance instituteur france
MACIF|insurance||macif
MATMUT|insurance||matmut
MAAF|insurance||maaf
GMF|insurance||gmf
MMA|insurance||mma iard|mma?
AXA|insurance||axa
Allianz|insurance||allianz
Groupama|insurance||groupama
Generali|insurance||generali
Ameli|health||cpam|ameli|assurance maladie|caisse primaire|caisse primaire d assurance maladie|c p a m|cnam|securite sociale
MSA|health||msa?|mutualite sociale agricole
Harmonie Mutuelle|health||harmonie mutuelle|harmonie
Malakoff Humanis|health||malakoff humanis|malakoff mederic|malakoff
MGEN|health||mgen
AG2R La Mondiale|health||ag2r
Apicil|health||apicil
Alan|health||alan insurance|alan sa|alan?
April|health||april sante|april?
Swiss Life|health||swisslife|swiss life
Mutuelle Générale|health||mutuelle generale
Netflix|media||netflix
Spotify|media||spotify
Deezer|media||deezer
Disney+|media||disney plus|disneyplus
Canal+|media||canal plus|canalplus|canal sat|canalsat|canal
Amazon Prime|media||amazon prime|prime video
YouTube|media||youtube|google youtube
Molotov|media||molotov
Le Monde|media||le monde
Mediapart|media||mediapart
Apple|media||apple com bill|itunes
Trainline|transport||trainline|captain train
SNCF|transport||sncf|oui sncf|voyages sncf|sncf connect
RATP|transport||ratp|navigo|comutitres
VINCI Autoroutes|transport||vinci autoroutes|vinci autoroute|ulys
Uber|transport||uber
Amazon|shop||amazon|amzn|amzn mktp
IKEA|shop||ikea
Basic-Fit|shop||basic fit
`

// A candidate is an alias under the company it belongs to.
type candidate struct {
	alias
	vendor *Vendor
}

var byFirst, vagueNames = index(known)

// index reads the table; byFirst holds the names that are no ordinary words under
// their first word.
func index(table string) (byFirst map[string][]candidate, vagueNames map[string]*Vendor) {
	byFirst, vagueNames = map[string][]candidate{}, map[string]*Vendor{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		v := &Vendor{Name: f[0], Sector: Sector(f[1])}
		for _, c := range f[2] {
			v.Energies = append(v.Energies, map[rune]string{'e': "electricity", 'g': "gas"}[c])
		}
		for _, name := range f[3:] {
			name, vague := strings.CutSuffix(name, "?")
			a := alias{strings.Fields(name), vague}
			v.aliases = append(v.aliases, a)
			if vague {
				vagueNames[name] = v
			} else {
				byFirst[a.words[0]] = append(byFirst[a.words[0]], candidate{a, v})
			}
		}
	}
	return byFirst, vagueNames
}

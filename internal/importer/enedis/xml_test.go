package enedis_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"penates"
	"penates/internal/importer/enedis"
	"penates/internal/importer/importertest"
)

const (
	r50 = `<?xml version="1.0" encoding="UTF-8"?><R50><En_Tete_Flux><Identifiant_Flux>R50</Identifiant_Flux><Pas_Publication>30</Pas_Publication></En_Tete_Flux>
<PRM><Id_PRM>99000000000001</Id_PRM><Donnees_Releve><Date_Releve>2024-03-01</Date_Releve>
<PDC><H>2024-03-01T00:30:00+01:00</H><V>300</V><IV>0</IV></PDC>
<PDC><H>2024-03-01T01:00:00+01:00</H></PDC>
<PDC><H>2024-03-01T01:30:00+01:00</H><V>much</V></PDC>
<PDC><H>2024-03-02T00:00:00+01:00</H><V>101</V></PDC></Donnees_Releve></PRM>
<PRM><Id_PRM>99000000000002</Id_PRM><Donnees_Releve><PDC><H>2024-03-01T00:30:00+01:00</H><V>2</V></PDC></Donnees_Releve></PRM></R50>`

	r4x = `<Courbe><Entete><Identifiant_Flux>R4x</Identifiant_Flux><Nature_De_Courbe_Demandee>Brute</Nature_De_Courbe_Demandee></Entete>
<Corps><Identifiant_PRM>99000000000003</Identifiant_PRM><Donnees_Courbe><Horodatage_Debut>2024-03-01T00:00:00+01:00</Horodatage_Debut><Horodatage_Fin>2024-03-01T23:59:59+01:00</Horodatage_Fin>
<Granularite>10</Granularite><Unite_Mesure>kW</Unite_Mesure><Grandeur_Metier>CONS</Grandeur_Metier><Grandeur_Physique>EA</Grandeur_Physique>
<Donnees_Point_Mesure Horodatage ="2024-03-01T00:00:00+01:00" Valeur_Point ="60" Statut_Point ="R"></Donnees_Point_Mesure>
<Donnees_Point_Mesure Horodatage="2024-03-01T00:10:00+01:00" Valeur_Point="6" Statut_Point="E"/></Donnees_Courbe>
<Donnees_Courbe><Horodatage_Debut>2024-03-01T00:00:00+01:00</Horodatage_Debut><Granularite>10</Granularite><Unite_Mesure>kVAr</Unite_Mesure><Grandeur_Metier>CONS</Grandeur_Metier><Grandeur_Physique>ERI</Grandeur_Physique>
<Donnees_Point_Mesure Horodatage="2024-03-01T00:00:00+01:00" Valeur_Point="6" Statut_Point="R"/></Donnees_Courbe></Corps></Courbe>`

	r151 = `<R151><En_Tete_Flux><Identifiant_Flux>R151</Identifiant_Flux><Unite_Mesure_Index>Wh</Unite_Mesure_Index><Unite_Mesure_Puissance>VA</Unite_Mesure_Puissance></En_Tete_Flux>
<PRM><Id_PRM>99000000000001</Id_PRM><Donnees_Releve><Date_Releve>2024-03-01</Date_Releve>
<Classe_Temporelle_Distributeur><Id_Classe_Temporelle>HC</Id_Classe_Temporelle><Rang_Cadran>1</Rang_Cadran><Valeur>1000</Valeur></Classe_Temporelle_Distributeur>
<Classe_Temporelle_Distributeur><Id_Classe_Temporelle>HP</Id_Classe_Temporelle><Rang_Cadran>2</Rang_Cadran><Valeur>500</Valeur></Classe_Temporelle_Distributeur>
<Classe_Temporelle><Id_Classe_Temporelle>BASE</Id_Classe_Temporelle><Rang_Cadran>1</Rang_Cadran><Valeur>1500</Valeur></Classe_Temporelle>
<Puissance_Maximale><Valeur>3817</Valeur></Puissance_Maximale></Donnees_Releve>
<Donnees_Releve><Date_Releve>2024-03-02</Date_Releve>
<Classe_Temporelle_Distributeur><Id_Classe_Temporelle>HC</Id_Classe_Temporelle><Rang_Cadran>1</Rang_Cadran><Valeur>1010</Valeur></Classe_Temporelle_Distributeur></Donnees_Releve></PRM></R151>`

	detailed = `<?xml version="1.0" ?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><ns3:consulterMesuresDetailleesResponse xmlns:ns3="http://www.enedis.fr/sge/b2b/services/consultationmesuresdetaillees/v2.0">
<pointId>99000000000001</pointId><mesuresCorrigees>BRUT</mesuresCorrigees><periode><dateDebut>2024-03-30</dateDebut><dateFin>2024-04-01</dateFin></periode>
<grandeur><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>EA</grandeurPhysique><unite>Wh</unite>
<mesure><v>20711</v><d>2024-03-30T00:00:00.000+01:00</d></mesure><mesure><v>24217</v><d>2024-03-31T00:00:00.000+01:00</d></mesure></grandeur>
<grandeur><grandeurMetier>PROD</grandeurMetier><grandeurPhysique>PA</grandeurPhysique><unite>W</unite>
<points><v>100</v><d>2024-03-30 00:30:00</d><p>PT30M</p><n>B</n></points></grandeur>
<grandeur><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>PMA</grandeurPhysique><unite>VA</unite><points><v>6241</v><d>2024-03-30 09:13:20</d></points></grandeur>
<grandeur><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>PRI</grandeurPhysique><unite>VAr</unite><points><v>60</v><d>2024-03-30 00:00:00</d><p>PT5M</p><n>R</n></points></grandeur>
</ns3:consulterMesuresDetailleesResponse></soap:Body></soap:Envelope>`

	registers = `<Envelope><Body><consulterMesuresDetailleesResponseV3><pointId>99000000000001</pointId><periode><dateDebut>2024-03-01</dateDebut><dateFin>2024-03-03</dateFin></periode>
<contexte><etapeMetier>BRUT</etapeMetier><grandeur><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>EA</grandeurPhysique><unite>Wh</unite><calendrier><idCalendrier>FC</idCalendrier>
<classeTemporelle><idClasseTemporelle>HC</idClasseTemporelle><codeCadran>IDX_EAS_F1</codeCadran><valeur><d>2024-03-01 00:00:00</d><v>100</v><iv>0</iv></valeur><valeur><d>2024-03-02 00:00:00</d><v>130</v><iv>0</iv></valeur></classeTemporelle>
<classeTemporelle><idClasseTemporelle>HP</idClasseTemporelle><codeCadran>IDX_EAS_F2</codeCadran><valeur><d>2024-03-01 00:00:00</d><v>7</v></valeur><valeur><d>2024-03-02 00:00:00</d><v>8</v></valeur></classeTemporelle>
</calendrier></grandeur></contexte></consulterMesuresDetailleesResponseV3></Body></Envelope>`

	r171 = `<ns2:R171 xmlns:ns2="http://www.enedis.fr/stm/R171"><entete><flux>R171</flux></entete><serieMesuresDateesListe>
<serieMesuresDatees><prmId>99000000000003</prmId><type>INDEX</type><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>EA</grandeurPhysique><codeClasseTemporelle>HPH</codeClasseTemporelle><unite>Wh</unite>
<mesuresDateesListe><mesureDatee><dateFin>2024-03-02T02:37:56</dateFin><valeur>429000</valeur></mesureDatee></mesuresDateesListe></serieMesuresDatees>
<serieMesuresDatees><prmId>99000000000003</prmId><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>EA</grandeurPhysique><codeClasseTemporelle>HCH</codeClasseTemporelle><unite>Wh</unite>
<mesuresDateesListe><mesureDatee><dateFin>2024-03-02T02:37:56</dateFin><valeur>1000</valeur></mesureDatee></mesuresDateesListe></serieMesuresDatees>
<serieMesuresDatees><prmId>99000000000003</prmId><grandeurMetier>CONS</grandeurMetier><grandeurPhysique>TF</grandeurPhysique><codeClasseTemporelle>HPH</codeClasseTemporelle><unite>s</unite>
<mesuresDateesListe><mesureDatee><dateFin>2024-03-02T02:37:56</dateFin><valeur>1440</valeur></mesureDatee></mesuresDateesListe></serieMesuresDatees></serieMesuresDateesListe></ns2:R171>`

	statements = `<Envelope><Header><acquittement><infoFonctionnelles><pointId>99000000000001</pointId></infoFonctionnelles></acquittement></Header><Body><consulterMesuresResponse>
<seriesMesuresDateesGrilleTurpe><serie><grandeurPhysique code="EA"><libelle>Energie Active</libelle></grandeurPhysique><classeTemporelle code="BASE"><libelle>Base</libelle></classeTemporelle><unite>kWh</unite><mesuresDatees>
<mesure><valeur>775</valeur><dateDebut>2021-12-06</dateDebut><dateFin>2022-01-06</dateFin><nature code="REEL"><libelle>Réelle</libelle></nature></mesure>
<mesure><valeur>1</valeur><dateDebut>2022-12-06</dateDebut><dateFin>2022-01-06</dateFin></mesure></mesuresDatees></serie></seriesMesuresDateesGrilleTurpe>
<seriesMesuresDateesGrilleFrn><serie><grandeurPhysique code="EA"/><classeTemporelle code="HC"/><unite>kWh</unite><mesuresDatees>
<mesure><valeur>75</valeur><dateDebut>2021-12-06</dateDebut><dateFin>2022-01-06</dateFin></mesure></mesuresDatees></serie></seriesMesuresDateesGrilleFrn></consulterMesuresResponse></Body></Envelope>`
)

func TestXML(t *testing.T) {
	for name, tt := range map[string]struct {
		text    string
		refused []int
		want    []string
	}{
		"R50": {r50, []int{5}, []string{
			"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:30:00+01:00 150 W.h PT30M ",
			"load-curve 2024-03-01T23:30:00+01:00 2024-03-02T00:00:00+01:00 50.5 W.h PT30M ",
			"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:30:00+01:00 1 W.h PT30M ",
		}},
		"R4Q": {r4x, nil, []string{
			"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:10:00+01:00 10000 W.h PT10M R",
			"load-curve 2024-03-01T00:10:00+01:00 2024-03-01T00:20:00+01:00 1000 W.h PT10M E",
			"load-curve/eri 2024-03-01T00:00:00+01:00 2024-03-01T00:10:00+01:00 1000 V.A{reactive}.h PT10M R",
		}},
		"R151": {r151, nil, []string{
			"max-power 2024-03-01  3817 V.A P1D ",
			"index/eas-d1 2024-03-01  1000 W.h P1D ",
			"index/eas-d1 2024-03-02  1010 W.h P1D ",
			"index/eas-d2 2024-03-01  500 W.h P1D ",
			"index 2024-03-01  1500 W.h P1D ",
		}},
		"ConsultationMesuresDetaillees": {detailed, nil, []string{
			"daily 2024-03-30 2024-03-31 20711 W.h P1D BRUT",
			"daily 2024-03-31 2024-04-01 24217 W.h P1D BRUT",
			"load-curve/production 2024-03-30T00:00:00+01:00 2024-03-30T00:30:00+01:00 50 W.h PT30M B",
			"max-power 2024-03-30T09:13:20+01:00  6241 V.A P1D BRUT",
			"load-curve/pri 2024-03-30T00:00:00+01:00 2024-03-30T00:05:00+01:00 5 V.A{reactive}.h PT5M R",
		}},
		"indexes": {registers, nil, []string{
			"index/eas-f1 2024-03-01T00:00:00+01:00  100 W.h P1D ",
			"index/eas-f1 2024-03-02T00:00:00+01:00  130 W.h P1D ",
			"index/eas-f2 2024-03-01T00:00:00+01:00  7 W.h P1D ",
			"index/eas-f2 2024-03-02T00:00:00+01:00  8 W.h P1D ",
			"index 2024-03-01T00:00:00+01:00  107 W.h P1D ",
			"index 2024-03-02T00:00:00+01:00  138 W.h P1D ",
			"daily 2024-03-01 2024-03-02 31 W.h P1D ",
		}},
		"R171": {r171, nil, []string{
			"index/tf-hph 2024-03-02T02:37:56+01:00  1440 s P1D ",
			"index/eas-hch 2024-03-02T02:37:56+01:00  1000 W.h P1D ",
			"index/eas-hph 2024-03-02T02:37:56+01:00  429000 W.h P1D ",
			"index 2024-03-02T02:37:56+01:00  430000 W.h P1D ",
		}},
		"ConsultationMesures": {statements, []int{4}, []string{
			"statement/supplier/hc 2021-12-06 2022-01-06 75000 W.h  ",
			"statement 2021-12-06 2022-01-06 775000 W.h  REEL",
		}},
		"classes": {strings.NewReplacer("BASE", "HPH", `<seriesMesuresDateesGrilleFrn><serie><grandeurPhysique code="EA"/><classeTemporelle code="HC"/>`,
			`<seriesMesuresDateesGrilleTurpe><serie><grandeurPhysique code="EA"/><classeTemporelle code="HCH"/>`, "</seriesMesuresDateesGrilleFrn>", "</seriesMesuresDateesGrilleTurpe>",
			"2022-12-06", "2022-01-05").Replace(statements), nil, []string{
			"statement/hph 2021-12-06 2022-01-06 775000 W.h  REEL",
			"statement/hph 2022-01-05 2022-01-06 1000 W.h  ",
			"statement/hch 2021-12-06 2022-01-06 75000 W.h  ",
			"statement 2021-12-06 2022-01-06 850000 W.h  REEL",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := check(t, tt.text, tt.want...)
			var lines []int
			for _, r := range c.Refusals {
				lines = append(lines, r.Line)
			}
			if !slices.Equal(lines, tt.refused) {
				t.Errorf("refused %v, want lines %v", c.Refusals, tt.refused)
			}
			if sure := enedis.Format.Recognise(importertest.File("x", []byte(tt.text)).Head); sure < 90 {
				t.Errorf("recognised with %d", sure)
			}
			if s := c.Series[0]; len(s.Source.Connection) != 14 || s.Refs[0] != penates.NewRef(penates.RefPRM, s.Source.Connection) {
				t.Errorf("meter %q, refs %v", s.Source.Connection, s.Refs)
			}
		})
	}
}

func TestXMLRefused(t *testing.T) {
	c, err := importertest.Read(enedis.Format, "x", []byte(r50[:strings.Index(r50, "<PDC><H>2024-03-02")+20]))
	if !errors.Is(err, penates.Damaged) || c.PointCount() != 1 {
		t.Errorf("cut: %d points, %v", c.PointCount(), err)
	}
	for name, text := range map[string]string{
		"entities":  `<!DOCTYPE x [<!ENTITY a "b">]><R50><Id_PRM>&a;</Id_PRM></R50>`,
		"deep":      strings.Repeat("<a>", 100) + "<Id_PRM>",
		"no meter":  `<R50><Identifiant_Flux>R50</Identifiant_Flux><Pas_Publication>30</Pas_Publication><PDC><H>2024-03-01T00:30:00+01:00</H><V>300</V></PDC></R50>`,
		"bare unit": strings.Replace(statements, "kWh", "apples", -1),
	} {
		c, err := importertest.Read(enedis.Format, "x", []byte(text))
		if c.PointCount() != 0 || err == nil && len(c.Refusals) == 0 {
			t.Errorf("%s: %d points, no complaint", name, c.PointCount())
		}
	}
	for _, text := range []string{"<html>R50</html>", "<R50/>", "<feed><Id>PRM</Id></feed>"} {
		if sure := enedis.Format.Recognise(importertest.File("x", []byte(text)).Head); sure > 0 {
			t.Errorf("%q recognised with %d", text, sure)
		}
	}
}

// Files of large meters stamp beginnings, and leave the unit out.
func TestLargeMeterCSV(t *testing.T) {
	c := check(t, preamble+"99000000000003;Courbe de charge;01/03/2024;02/03/2024;Energie active;Consommation;Comptage Brut;;\nHorodate;Valeur\n"+
		"2024-03-01T00:00:00+01:00;18000\n2024-03-01T00:10:00+01:00;6\n",
		"load-curve 2024-03-01T00:00:00+01:00 2024-03-01T00:10:00+01:00 3000 W.h PT10M Comptage Brut",
		"load-curve 2024-03-01T00:10:00+01:00 2024-03-01T00:20:00+01:00 1 W.h PT10M Comptage Brut",
	)
	if len(c.Refusals) > 0 {
		t.Error(c.Refusals)
	}
}

func BenchmarkXML(b *testing.B) {
	var text strings.Builder
	text.WriteString(r50[:strings.Index(r50, "<PDC>")])
	const points = 48 * 365
	for i := range points {
		text.WriteString(r50[strings.Index(r50, "<PDC>"):strings.Index(r50, "<PDC><H>2024-03-01T01:00")])
		_ = i
	}
	text.WriteString("</Donnees_Releve></PRM></R50>")
	content := []byte(text.String())
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		c, err := importertest.Read(enedis.Format, "x", content)
		if err != nil || c.PointCount() != points {
			b.Fatal(c.PointCount(), err)
		}
	}
	b.ReportMetric(float64(points)*float64(b.N)/b.Elapsed().Seconds(), "points/s")
}

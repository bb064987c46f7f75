// Package all lists the formats Penates reads. Adding a format is one package
// below importer and one line here.
package all

import (
	"penates/internal/importer"
	"penates/internal/importer/aeneria"
	"penates/internal/importer/applehealth"
	"penates/internal/importer/atproto"
	"penates/internal/importer/bankcsv"
	"penates/internal/importer/bookmarks"
	"penates/internal/importer/browserhistory"
	"penates/internal/importer/cajson"
	"penates/internal/importer/camt"
	"penates/internal/importer/cozy"
	"penates/internal/importer/enedis"
	"penates/internal/importer/enex"
	"penates/internal/importer/facturx"
	"penates/internal/importer/fhir"
	"penates/internal/importer/gpx"
	"penates/internal/importer/grdf"
	"penates/internal/importer/greenbutton"
	"penates/internal/importer/ical"
	"penates/internal/importer/keep"
	"penates/internal/importer/mail"
	"penates/internal/importer/mesinfos"
	"penates/internal/importer/mt940"
	"penates/internal/importer/myactivity"
	"penates/internal/importer/nextcloud"
	"penates/internal/importer/ofx"
	"penates/internal/importer/pdf"
	"penates/internal/importer/psd2"
	"penates/internal/importer/publicapi"
	"penates/internal/importer/qif"
	"penates/internal/importer/servicecsv"
	"penates/internal/importer/solid"
	"penates/internal/importer/spotify"
	"penates/internal/importer/timelinize"
	"penates/internal/importer/vcard"
	"penates/internal/importer/xmlinvoice"
)

// Formats are tried in this order; the surest recogniser wins, the earlier one
// on a tie.
var Formats = []importer.Format{
	ofx.Format,
	camt.Format,
	bankcsv.Format,
	enedis.Format,
	grdf.Format,
	greenbutton.Format,
	aeneria.Format,
	mesinfos.Format,
	mail.EML,
	mail.Mbox,
	vcard.Format,
	ical.Format,
	facturx.Format,
	xmlinvoice.CII,
	xmlinvoice.UBL,
	pdf.Format,
	qif.Format,
	mt940.Format,
	cajson.Format,
	psd2.Format,
	servicecsv.Netflix,
	servicecsv.Amazon,
	servicecsv.Uber,
	servicecsv.TrackerControl,
	cozy.Format,
	solid.Format,
	atproto.Format,
	myactivity.Format,
	spotify.Format,
	fhir.Format,
	bookmarks.Format,
	bookmarks.Pinboard,
	bookmarks.Instapaper,
	keep.Format,
	nextcloud.Format,
	timelinize.Format,
	gpx.Format,
	applehealth.Format,
	browserhistory.Format,
	enex.Format,
	publicapi.Mastodon,
	publicapi.Swarm,
}

// Package all lists the formats Penates reads. Adding a format is one package
// below importer and one line here.
package all

import "penates/internal/importer"

// Formats are tried in this order; the surest recogniser wins, the earlier one
// on a tie.
var Formats = []importer.Format{}

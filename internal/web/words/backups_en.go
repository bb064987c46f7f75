package words

var englishBackups = map[string]string{
	"backup.title":             "Copies of your vault",
	"backup.kind":              "Kept",
	"backup.stored":            "Holds all up to",
	"backup.proven":            "Last proven restore",
	"backup.never":             "never",
	"backup.trouble":           "Trouble",
	"backup.kind.same-disk":    "on the same disk as the vault",
	"backup.kind.other-disk":   "on another disk",
	"backup.kind.elsewhere":    "on another machine",
	"backup.documents":         "{n} document|{n} documents",
	"backup.proven.what":       "{0}: {1}, {2}, all equal",
	"backup.failed":            "The restore of {0} failed: {1}",
	"backup.error":             "Nothing is being stored there: {0}",
	"backup.none":              "There is no copy yet: if this disk fails, all is lost. Type “penates backup add” and the address of a folder on another disk, or of a service.",
	"backup.what":              "A copy holds nothing anybody could read. Once a week a throw-away vault is restored from it and compared with yours, byte for byte. With a copy, your recovery sheet is enough to get all of it back.",
	"backup.missing.copies":    "Three copies are safer than two: add another one.",
	"backup.missing.media":     "All copies are on one disk: add one on another.",
	"backup.missing.elsewhere": "No copy is known to be elsewhere: fire or theft would take all of them.",
	"backup.missing.recent":    "No copy holds the last day: type “penates backup now”.",
	"backup.missing.proof":     "No copy was restored for proof within a month: type “penates backup drill”.",
}

package api

// A route is one address and what is said of it in the description.
type route struct {
	method, path string
	public       bool // needs no token
	do           func(*call) error

	id, summary string
	about       string
	params      []string // names of components/parameters
	takes       string   // name of the schema of the request's body
	status      string   // of success; "200" when empty
	gives       string   // name of the schema of the answer
	media       []string // of the answer; application/json when empty
	refusals    []string // statuses beside those every route has
}

// routes lists every address of the interface.
func routes() []route {
	return []route{
		{method: "GET", path: "/openapi.json", public: true, do: (*call).openAPI, id: "describe", gives: "Anything",
			summary: "This description"},
		{method: "GET", path: "/types", public: true, do: (*call).listTypes, id: "listTypes", gives: "TypeList",
			summary: "The types of document there are"},
		{method: "GET", path: "/types/{type}", public: true, do: (*call).showType, id: "showType", params: []string{"type"},
			gives: "Anything", media: []string{"application/schema+json"}, refusals: []string{"404"},
			summary: "The JSON Schema of a type's body"},

		{method: "GET", path: "/grant", do: (*call).showGrant, id: "showGrant", gives: "Grant", summary: "What this token may do",
			about: "As the person agreed to it, in JSON and in sentences; the limits are the tightest of those it was passed on from."},
		{method: "GET", path: "/grant/receipt", do: (*call).showReceipt, id: "showReceipt", gives: "Receipt", refusals: []string{"404"},
			summary: "The consent receipt of the grant, signed by the vault",
			about:   "A consent record of ISO/IEC TS 27560, and the same as a JWS that verifies with the vault's Ed25519 key."},

		{method: "GET", path: "/documents", do: (*call).listDocuments, id: "listDocuments", gives: "DocumentList", refusals: []string{"400"},
			params: []string{"typeFilter", "filter", "fields", "pageSize", "pageAfter"}, summary: "Documents, newest first",
			about: "Attributes are the columns of the type's SQL view; of all types' common view documents when no type is given, and for series, whose documents hold many points. " +
				"filter[column]=value and filter[column][op]=value compare a column; op is eq, ne, lt, le, gt, ge, in (commas between) or prefix. All must hold."},
		{method: "POST", path: "/documents", do: (*call).addDocument, id: "addDocument", takes: "Addition", status: "201", gives: "Document",
			refusals: []string{"400", "409", "413", "415", "422"}, summary: "Add a document",
			about: "The body is held against the type's schema. The same lid cannot be added twice."},
		{method: "GET", path: "/documents/{id}", do: (*call).showDocument, id: "showDocument", params: []string{"document", "ifNoneMatch"},
			gives: "Document", refusals: []string{"304", "404"}, summary: "One document, whole"},
		{method: "PATCH", path: "/documents/{id}", do: (*call).changeDocument, id: "changeDocument", params: []string{"document", "ifMatch"},
			takes: "Change", gives: "Document", refusals: []string{"400", "404", "412", "413", "415", "422", "428"}, summary: "Change a document",
			about: "attributes is a JSON merge patch (RFC 7396) on the document's attributes. Its source, type and id stay."},
		{method: "DELETE", path: "/documents/{id}", do: (*call).deleteDocument, id: "deleteDocument", params: []string{"document", "ifMatch"},
			status: "204", refusals: []string{"404", "412", "428"}, summary: "Put a document into the person's trash"},
		{method: "GET", path: "/documents/{id}/links", do: (*call).showLinks, id: "showLinks", params: []string{"document"},
			gives: "LinkList", refusals: []string{"404"}, summary: "What a document is linked with"},
		{method: "GET", path: "/documents/{id}/history", do: (*call).showHistory, id: "showHistory", params: []string{"document"},
			gives: "RevisionList", refusals: []string{"404"}, summary: "Earlier revisions of a document, latest first"},

		{method: "POST", path: "/query", do: (*call).query, id: "query", takes: "Query", gives: "Table",
			media: []string{"application/json", "text/csv"}, refusals: []string{"400", "406", "413", "415"}, summary: "One SELECT over the views",
			about: "One view a type (see /types), and documents, links, refs and parties across them; each holds only what the grant covers. text/csv is RFC 4180; the field Penates-Cut says whether there was more than the limit."},
		{method: "POST", path: "/figures", do: (*call).askFigures, id: "figures", takes: "Question", gives: "FigureList",
			refusals: []string{"400", "413", "415"}, summary: "Counts and sums by group",
			about: "For grants whose limits name an aggregate: nothing else leaves under them. Groups are of documents, none smaller than the grant says. An equal question gets the same answer for a day; another counts against the grant's budget."},
		{method: "GET", path: "/search", do: (*call).search, id: "search", params: []string{"words", "types", "from", "to", "searchSize", "searchOffset"},
			gives: "HitList", refusals: []string{"400", "413"}, summary: "Documents found by words, best first"},
		{method: "GET", path: "/changes", do: (*call).showChanges, id: "listChanges", params: []string{"after", "limit", "lastEvent"},
			gives: "ChangeList", media: []string{"application/json", "text/event-stream"}, refusals: []string{"400"}, summary: "What changed, oldest first",
			about: "As text/event-stream it goes on with events of type change, whose id is the cursor and whose data is a Change. An event of type end says in a problem document why the stream ends: the grant was revoked or the vault locked."},
		{method: "GET", path: "/blobs/{blob}", do: (*call).showBlob, id: "showBlob", params: []string{"blob", "range"},
			gives: "Bytes", media: []string{"application/octet-stream"}, refusals: []string{"206", "304", "404", "416"}, summary: "Raw bytes, or a range of them"},
	}
}

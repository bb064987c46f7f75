package uma_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// musts are the requirements (MUST, REQUIRED, SHALL, and what is stated without such a
// word but binds) in the two texts of UMA 2.0, Kantara Initiative, January 2018, that
// apply to the vault as an authorisation server and as a resource server, in our words,
// with the test that holds each.
var musts = []struct{ text, section, requirement, test string }{
	{"grant", "2", "a discovery document of the form of RFC 8414 at issuer + /.well-known/uma2-configuration", "TestMetadata"},
	{"grant", "2", "clients that register by themselves may register claims_redirect_uris", "TestClaimsGathering"},
	{"grant", "3.2", "a resource server gets a ticket for its answer to who shows no token", "TestVaultAsResourceServer"},
	{"grant", "3.2.1", "that answer is 401 with the scheme UMA, as_uri (the issuer) and ticket", "TestVaultAsResourceServer"},
	{"grant", "3.2.2", "without a ticket to give it carries a Warning 199 and no challenge", "TestUnreachable"},
	{"grant", "3.3.1", "the grant type is urn:ietf:params:oauth:grant-type:uma-ticket, and there is a ticket", "TestTokenRequests"},
	{"grant", "3.3.1", "claim_token and claim_token_format come together or not at all", "TestTokenRequests"},
	{"grant", "3.3.1", "a scope counts only if the client registered for it", "TestAssessment"},
	{"grant", "3.3.1, 3.3.5", "a pct of this client stands for what it proved before, also for other resources", "TestPersistedClaims"},
	{"grant", "3.3.2", "claims_redirect_uri: of several it is named, and is one that was registered, character by character", "TestGatheringIsNotLedAstray"},
	{"grant", "3.3.2", "public clients register their claims_redirect_uris; here everybody does", "TestGatheringIsNotLedAstray"},
	{"grant", "3.3.2", "nobody is sent to a redirect_uri that is not registered as a claims_redirect_uri", "TestGatheringIsNotLedAstray"},
	{"grant", "3.3.2", "the query of the claims_redirect_uri is kept", "TestClaimsGathering"},
	{"grant", "3.3.3", "the person comes back with a ticket that is another one", "TestClaimsGathering"},
	{"grant", "3.3.3", "state comes back as it was, if and only if it was given", "TestGatheringFails"},
	{"grant", "3.3.3", "with a wrong claims_redirect_uri or client nobody is sent anywhere", "TestGatheringIsNotLedAstray"},
	{"grant", "3.3.3", "of other failures the client is told by error at its address", "TestGatheringFails"},
	{"grant", "3.3.4", "the assessment: scopes of the ticket and, of those asked for, the registered ones that the resource has; each that passes is a candidate", "TestAssessment"},
	{"grant", "3.3.5", "success has the form of RFC 6749, 5.1, without scope", "TestAssessment"},
	{"grant", "3.3.5", "a PCT cannot be guessed, and tells nothing to who holds it", "TestPersistedClaims"},
	{"grant", "3.3.5", "upgraded is true when the permissions of the RPT shown are in the new one, and only then", "TestUpgrade"},
	{"grant", "3.3.5.1", "an upgraded RPT holds the former permissions too, and the former one is void", "TestUpgradeKeepsPermissions"},
	{"grant", "3.3.6", "invalid_grant (400) for a ticket that is unknown or over", "TestTicketEnds"},
	{"grant", "3.3.6", "invalid_scope (400) for a scope that no resource of the ticket has", "TestTokenRequests"},
	{"grant", "3.3.6", "need_info (403) has a ticket, which is another one, and required_claims or redirect_user", "TestRuleDecides"},
	{"grant", "3.3.6", "request_denied (403) when the client is not to have it", "TestTokenRequests"},
	{"grant", "3.3.6", "request_submitted (403) has a ticket, which is another one", "TestOwnerHasTheLastWord"},
	{"grant", "3.5", "no access with an invalid RPT, or one that is not enough: the answer is as without", "TestVaultAsResourceServer"},
	{"grant", "3.6", "no assessment at a refresh: there are no refresh tokens beside RPTs", "TestAssessment"},
	{"grant", "3.7", "an RPT can be given back", "TestTokenIsGivenBack"},
	{"grant", "3.7", "so can a PCT", "TestPersistedClaims"},
	{"grant", "5.1", "the claims interaction endpoint is protected against forged requests", "TestGatheringIsNotLedAstray"},
	{"grant", "5.1", "no authorisation without the requesting party's knowing and doing: a page says who asks before they go", "TestClaimsGathering"},
	{"grant", "5.2", "a PCT is known to the server by a hash alone, and holds little", "TestPersistedLittle"},
	{"grant", "5.2", "a PCT stays bound to its client", "TestPersistedClaims"},
	{"grant", "5.4", "tickets cannot be guessed", "TestVaultAsResourceServer"},
	{"grant", "5.5", "a ticket is good once", "TestTicketIsGoodOnce"},
	{"grant", "5.5", "it is void once it was shown at either endpoint, or when its time is over", "TestTicketEnds"},
	{"grant", "5.6", "what nothing allows is refused: no rule without proofs, no token without scopes", "TestRulesAreChecked"},
	{"grant", "5.7", "a pushed token is of an issuer that a rule trusts, for this server or whom the rule names, and fresh", "TestForgedProofs"},
	{"grant", "6.1", "a rule that is withdrawn ends the tokens it gave", "TestRuleDecides"},
	{"federated", "1.3", "the protection API takes valid PATs alone, as bearer tokens", "TestProtectionNeedsItsToken"},
	{"federated", "1.5, 2", "metadata names permission_endpoint, resource_registration_endpoint and introspection_endpoint", "TestMetadata"},
	{"federated", "3.1", "a description has resource_scopes", "TestRegistrationRefuses"},
	{"federated", "3.2", "create, read, update, delete and list, each with a PAT", "TestResources"},
	{"federated", "3.2", "404 for a resource that is not there", "TestRegistrationRefuses"},
	{"federated", "3.2", "405 for other methods", "TestRegistrationRefuses"},
	{"federated", "3.2", "400 for what is missing, invalid, said twice or malformed", "TestRegistrationRefuses"},
	{"federated", "3.2.1", "create: 201 with Location and _id", "TestResources"},
	{"federated", "3.2.2", "read: 200 with the description and _id", "TestResources"},
	{"federated", "3.2.3", "update: replaces all of it, 200 with _id", "TestResources"},
	{"federated", "3.2.4", "delete: 200 or 204, and the resource is no longer protected", "TestDeregisteredIsUnprotected"},
	{"federated", "3.2.5", "list: an array of _id", "TestResources"},
	{"federated", "4.1", "one permission or several, each with resource_id and resource_scopes, of which there may be none", "TestPermissions"},
	{"federated", "4.1", "resource and scopes were registered, by this resource server", "TestPermissions"},
	{"federated", "4.2", "201 with one ticket, also for several permissions", "TestPermissions"},
	{"federated", "4.3", "400 with invalid_resource_id or invalid_scope", "TestPermissions"},
	{"federated", "5.1.1", "introspection is RFC 7662's; of an active RPT without scope, with permissions", "TestDeregisteredIsUnprotected"},
	{"federated", "5.1.1", "a permission names a resource and scopes that are registered", "TestDeregisteredIsUnprotected"},
	{"federated", "5.1.1", "what is another resource server's is inactive", "TestPermissions"},
	{"federated", "6", "errors are JSON objects with error", "TestPermissions"},
}

// elsewhere are the requirements that are not ours to hold, and why.
var elsewhere = []struct{ text, section, requirement, why string }{
	{"grant", "3.3.1, 5.2", "a client makes sure that a PCT is used for whom it was given", "of clients; the server bounds the harm: a PCT is of one client, and holds for 30 days"},
	{"grant", "3.3.3", "a client ignores parameters it does not know", "of clients"},
	{"grant", "3.3.5", "a client takes an RPT without upgraded as one without the former permissions", "of clients"},
	{"grant", "3.3.5.1", "a client throws away an RPT that was upgraded", "of clients; it is void"},
	{"grant", "5.1", "a client protects its claims_redirect_uri, and compares state", "of clients; where the vault is one, at an issuer, TestGatheringIsNotLedAstray"},
	{"grant", "5.2", "a client keeps RPT and PCT to itself", "of clients"},
	{"grant", "1.2", "TLS", "of the proxy in front, see docs/security.md; issuers are https but for this machine's own addresses (TestParseIssuer)"},
	{"grant", "3.3.1", "a claim token is base64url unless its format says otherwise", "the only format taken is that of ID tokens, which says otherwise"},
	{"federated", "3, 4", "when and what a resource server registers and asks for", "of resource servers of others; the vault's own resources are its document types"},
	{"federated", "5", "an RPT validated on the spot, or a cached answer", "RPTs are opaque, and answers may not be stored"},
}

// TestMusts makes sure that each requirement has its test, and each that is left out
// a reason.
func TestMusts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources strings.Builder
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(b)
	}
	for _, m := range musts {
		if !regexp.MustCompile(`(?m)^func ` + m.test + `\(`).MatchString(sources.String()) {
			t.Errorf("%s %s, %s: there is no test %s", m.text, m.section, m.requirement, m.test)
		}
	}
	for _, m := range elsewhere {
		if m.why == "" {
			t.Errorf("%s %s, %s: no reason", m.text, m.section, m.requirement)
		}
	}
}

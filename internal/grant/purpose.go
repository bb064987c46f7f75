package grant

import "strings"

// Purpose is the root of the purposes of the Data Privacy Vocabulary.
const Purpose = "Purpose"

// PurposeTerm returns the term of the Data Privacy Vocabulary that a purpose is, as
// in "dpv:CreditChecking" or "https://w3id.org/dpv#CreditChecking".
func PurposeTerm(purpose string) (term string, ok bool) {
	for _, prefix := range []string{"dpv:", "https://w3id.org/dpv#"} {
		if term, ok = strings.CutPrefix(purpose, prefix); ok {
			return term, true
		}
	}
	return "", false
}

// Broader returns the broader purpose of one of the Data Privacy Vocabulary, Purpose
// for the broadest, or "" when it is none. Of several it is the one that says more of
// what is done with the data.
func Broader(term string) string { return broader[term] }

// PurposeTerms returns the purposes of the Data Privacy Vocabulary, in no order.
func PurposeTerms() (terms []string) {
	for term := range broader {
		terms = append(terms, term)
	}
	return terms
}

// broader are the purposes of version 2.0.
var broader = map[string]string{
	"AcademicResearch":                   "ResearchAndDevelopment",
	"AccountManagement":                  "Purpose",
	"Advertising":                        "Marketing",
	"AgeVerification":                    "Verification",
	"CombatClimateChange":                "PublicBenefit",
	"CommercialPurpose":                  "Purpose",
	"CommercialResearch":                 "ResearchAndDevelopment",
	"CommunicationForCustomerCare":       "CustomerCare",
	"CommunicationManagement":            "Purpose",
	"CounterMoneyLaundering":             "FraudPreventionAndDetection",
	"Counterterrorism":                   "PublicBenefit",
	"CreditChecking":                     "CustomerSolvencyMonitoring",
	"CustomerCare":                       "CustomerManagement",
	"CustomerClaimsManagement":           "CustomerManagement",
	"CustomerManagement":                 "Purpose",
	"CustomerOrderManagement":            "CustomerManagement",
	"CustomerRelationshipManagement":     "CustomerManagement",
	"CustomerSolvencyMonitoring":         "CustomerManagement",
	"DataAltruism":                       "PublicBenefit",
	"DeliveryOfGoods":                    "RequestedServiceProvision",
	"DirectMarketing":                    "Marketing",
	"DisputeManagement":                  "OrganisationGovernance",
	"EnforceAccessControl":               "EnforceSecurity",
	"EnforceSecurity":                    "Purpose",
	"EstablishContractualAgreement":      "Purpose",
	"FraudPreventionAndDetection":        "MisusePreventionAndDetection",
	"FulfilmentOfContractualObligation":  "FulfilmentOfObligation",
	"FulfilmentOfObligation":             "Purpose",
	"HumanResourceManagement":            "Purpose",
	"IdentityAuthentication":             "EnforceSecurity",
	"IdentityVerification":               "Verification",
	"ImproveExistingProductsAndServices": "OptimisationForController",
	"ImproveHealthcare":                  "PublicBenefit",
	"ImproveInternalCRMProcesses":        "CustomerRelationshipManagement",
	"ImprovePublicServices":              "PublicBenefit",
	"ImproveTransportMobility":           "PublicBenefit",
	"IncreaseServiceRobustness":          "OptimisationForController",
	"InternalResourceOptimisation":       "OptimisationForController",
	"LegalCompliance":                    "FulfilmentOfObligation",
	"MaintainCreditCheckingDatabase":     "CreditChecking",
	"MaintainCreditRatingDatabase":       "CreditChecking",
	"MaintainFraudDatabase":              "FraudPreventionAndDetection",
	"Marketing":                          "Purpose",
	"MemberPartnerManagement":            "OrganisationGovernance",
	"MisusePreventionAndDetection":       "EnforceSecurity",
	"NonCommercialPurpose":               "Purpose",
	"NonCommercialResearch":              "ResearchAndDevelopment",
	"OptimisationForConsumer":            "ServiceOptimisation",
	"OptimisationForController":          "ServiceOptimisation",
	"OptimiseUserInterface":              "OptimisationForConsumer",
	"OrganisationComplianceManagement":   "OrganisationGovernance",
	"OrganisationGovernance":             "Purpose",
	"OrganisationRiskManagement":         "OrganisationGovernance",
	"PaymentManagement":                  "ServiceProvision",
	"Personalisation":                    "Purpose",
	"PersonalisedAdvertising":            "Advertising",
	"PersonalisedBenefits":               "ServicePersonalisation",
	"PersonnelHiring":                    "PersonnelManagement",
	"PersonnelManagement":                "HumanResourceManagement",
	"PersonnelPayment":                   "PersonnelManagement",
	"ProtectionOfIPR":                    "FulfilmentOfObligation",
	"ProtectionOfNationalSecurity":       "PublicBenefit",
	"ProtectionOfPublicSecurity":         "PublicBenefit",
	"ProvideEventRecommendations":        "ProvidePersonalisedRecommendations",
	"ProvideOfficialStatistics":          "PublicBenefit",
	"ProvidePersonalisedRecommendations": "ServicePersonalisation",
	"ProvideProductRecommendations":      "ProvidePersonalisedRecommendations",
	"PublicBenefit":                      "Purpose",
	"PublicPolicyMaking":                 "PublicBenefit",
	"PublicRelations":                    "Marketing",
	"RecordManagement":                   "Purpose",
	"RepairImpairments":                  "ServiceProvision",
	"RequestedServiceProvision":          "ServiceProvision",
	"ResearchAndDevelopment":             "Purpose",
	"RightsFulfillment":                  "LegalCompliance",
	"ScientificResearch":                 "ResearchAndDevelopment",
	"SearchFunctionalities":              "ServiceProvision",
	"SellDataToThirdParties":             "SellProducts",
	"SellInsightsFromData":               "SellProducts",
	"SellProducts":                       "ServiceProvision",
	"SellProductsToDataSubject":          "SellProducts",
	"ServiceOptimisation":                "ServiceProvision",
	"ServicePersonalisation":             "ServiceProvision",
	"ServiceProvision":                   "Purpose",
	"ServiceRegistration":                "ServiceProvision",
	"ServiceUsageAnalytics":              "ServiceProvision",
	"SocialMediaMarketing":               "Marketing",
	"TargetedAdvertising":                "PersonalisedAdvertising",
	"TechnicalServiceProvision":          "ServiceProvision",
	"UserInterfacePersonalisation":       "ServicePersonalisation",
	"VendorManagement":                   "Purpose",
	"VendorPayment":                      "VendorManagement",
	"VendorRecordsManagement":            "VendorManagement",
	"VendorSelectionAssessment":          "VendorManagement",
	"Verification":                       "EnforceSecurity",
}

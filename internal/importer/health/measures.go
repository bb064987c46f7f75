package health

// A Measure is something that is measured on people: what it is called, and its
// code as the FHIR profile of vital signs and LOINC give it.
type Measure struct{ Name, System string }

// The measures that several sources have; each has one name and one code in all
// of them, so that a scale's weight and a hospital's are found together.
var (
	BodyWeight       = Measure{"Body weight", "loinc|29463-7"}
	BodyHeight       = Measure{"Body height", "loinc|8302-2"}
	BodyMassIndex    = Measure{"Body mass index", "loinc|39156-5"}
	BodyFat          = Measure{"Body fat percentage", "loinc|41982-0"}
	BodyTemperature  = Measure{"Body temperature", "loinc|8310-5"}
	HeartRate        = Measure{"Heart rate", "loinc|8867-4"}
	RestingHeartRate = Measure{"Resting heart rate", "loinc|40443-4"}
	RespiratoryRate  = Measure{"Respiratory rate", "loinc|9279-1"}
	OxygenSaturation = Measure{"Oxygen saturation", "loinc|59408-5"}
	BloodPressure    = Measure{"Blood pressure", "loinc|85354-9"}
	Systolic         = Measure{"Systolic blood pressure", "loinc|8480-6"}
	Diastolic        = Measure{"Diastolic blood pressure", "loinc|8462-4"}
	BloodGlucose     = Measure{"Blood glucose", "loinc|2339-0"}
	Steps            = Measure{"Steps", "loinc|55423-8"}
)

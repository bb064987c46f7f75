package export

import "testing"

// TakeSlack sets, for a test, what any export may unpack to.
func TakeSlack(t *testing.T, n int64) {
	before := slack
	slack = n
	t.Cleanup(func() { slack = before })
}

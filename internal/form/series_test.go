package form_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"penates/internal/form"
)

// TestTupleJSON holds that points are written byte for byte as encoding/json writes
// them: the sums of what is stored depend on it.
func TestTupleJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[0-9T:+-]{0,25}`), rapid.String(), rapid.StringMatching(`["<>&\\\\/a]{0,4}`))
		tuple := form.Tuple{text.Draw(t, "start"), text.Draw(t, "end"), text.Draw(t, "value"), text.Draw(t, "quality")}
		for i := 4; i < len(tuple); i++ {
			if rapid.Bool().Draw(t, "there") {
				tuple[i] = rapid.Float64Range(-180, 180).Draw(t, "number")
			}
		}
		n := len(tuple)
		for n > 1 && (tuple[n-1] == nil || tuple[n-1] == "" || tuple[n-1] == 0.0) {
			n--
		}
		want, err := json.Marshal(tuple[:n])
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(tuple)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Fatalf("%s, want %s", got, want)
		}
		direct, err := tuple.MarshalJSON()
		if err != nil || string(direct) != string(want) {
			t.Fatalf("%s, %v, want %s", direct, err, want)
		}
	})
}

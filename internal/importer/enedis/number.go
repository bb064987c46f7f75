package enedis

import (
	"fmt"
	"strconv"
	"strings"

	"penates"
	"penates/internal/locale"
)

// A number is mantissa × 10^-scale.
type number struct {
	mantissa int64
	scale    int
}

// Beyond these no meter measures; they keep all sums below 2^63.
const (
	maxMantissa = 100_000_000_000
	maxScale    = 6
)

func parseNumber(s string) (number, error) {
	if n, ok := digits(s); ok && s != "" && len(s) <= 11 {
		return number{mantissa: int64(n)}, nil
	}
	d, err := locale.Amount(s)
	if err != nil {
		return number{}, fmt.Errorf("value %q is not a number: %w", clip(s), penates.Invalid)
	}
	whole, fraction, _ := strings.Cut(string(d), ".")
	fraction = strings.TrimRight(fraction, "0")
	m, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || m > maxMantissa || m < -maxMantissa || len(fraction) > maxScale {
		return number{}, fmt.Errorf("value %q is out of range: %w", clip(s), penates.Invalid)
	}
	return number{m, len(fraction)}, nil
}

// shift returns n × 10^exp.
func (n number) shift(exp int) number {
	n.scale -= exp
	for ; n.scale < 0; n.scale++ {
		n.mantissa *= 10
	}
	return n
}

// over returns n, a power, as the energy of that many minutes. It is exact but
// for thirds, which are rounded to a millionth of n's last digit.
func (n number) over(minutes int) number {
	product := n.mantissa * int64(minutes)
	if product%3 == 0 {
		return number{product / 3 * 5, n.scale + 2}
	}
	x := product * 50_000 // × 10^6 / 60, but for the third
	third := x / 3
	switch x % 3 {
	case 2:
		third++
	case -2:
		third--
	}
	return number{third, n.scale + 6}
}

// minus returns n − m.
func (n number) minus(m number) number {
	for n.scale < m.scale {
		n.mantissa, n.scale = n.mantissa*10, n.scale+1
	}
	for m.scale < n.scale {
		m.mantissa, m.scale = m.mantissa*10, m.scale+1
	}
	return number{n.mantissa - m.mantissa, n.scale}
}

// plus returns n + m.
func (n number) plus(m number) number { return n.minus(number{-m.mantissa, m.scale}) }

// decimal writes n without trailing zeros.
func (n number) decimal() penates.Decimal {
	for n.scale > 0 && n.mantissa%10 == 0 {
		n.mantissa, n.scale = n.mantissa/10, n.scale-1
	}
	s := strconv.FormatInt(n.mantissa, 10)
	if n.scale == 0 {
		return penates.Decimal(s)
	}
	sign, s := "", s
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	if len(s) <= n.scale {
		s = strings.Repeat("0", n.scale-len(s)+1) + s
	}
	return penates.Decimal(sign + s[:len(s)-n.scale] + "." + s[len(s)-n.scale:])
}

func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// minutes reads a step: "30", "PT30M", "PT1H", "30mn", "1800" with seconds true;
// 0 when there is none. P1D and longer are 1440 and more.
func minutes(s string, seconds bool) int {
	s = strings.ToUpper(strings.TrimSpace(s))
	if n, err := strconv.Atoi(s); err == nil {
		if seconds {
			n /= 60
		}
		return inDay(n)
	}
	unit := 1
	s = strings.TrimPrefix(s, "P")
	switch t, rest := strings.CutPrefix(s, "T"); {
	case strings.HasSuffix(t, "D") && !rest:
		unit, s = 24*60, strings.TrimSuffix(t, "D")
	case strings.HasSuffix(t, "H"):
		unit, s = 60, strings.TrimSuffix(t, "H")
	case strings.HasSuffix(t, "MN"), strings.HasSuffix(t, "MIN"):
		s = strings.TrimRight(t, "MIN")
	case strings.HasSuffix(t, "M") && rest:
		s = strings.TrimSuffix(t, "M")
	default:
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 24*60 {
		return 0
	}
	return inDay(n * unit)
}

func inDay(n int) int {
	if n < 1 || n > 24*60 {
		return 0
	}
	return n
}

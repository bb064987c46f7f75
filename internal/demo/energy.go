package demo

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The delivery points: 14 digits, in no range that is used.
const (
	prm = "99049123456724"
	pce = "99049876543218"
)

// All of the energy is integer arithmetic, so that every machine makes the same
// curve.

// A halfHour is one point of the load curve: the mean power in watts, always
// even, over the 30 minutes that end at end.
type halfHour struct {
	end   time.Time
	watts int
}

// A gasDay is what the gas meter counted in one day.
type gasDay struct {
	on          day
	before      int // index in dm³ at the beginning of the day
	litres      int // dm³
	kWh         int
	temperature int // tenths of a degree
}

// A consumption is both meters over the two years.
type consumption struct {
	curve []halfHour
	gas   []gasDay
	total map[day]int64 // Wh of electricity by day
}

func newConsumption(seed uint64, p *plan) *consumption {
	sky := newWeather(newDice(seed, "weather"), p)
	c := &consumption{total: map[day]int64{}}
	c.drawCurve(newDice(seed, "electricity"), p, sky)
	c.drawGas(newDice(seed, "gas"), p, sky)
	return c
}

// wattHours returns the electricity of the days from first to last, both included.
func (c *consumption) wattHours(first, last day) (sum int64) {
	for d := first; d <= last; d++ {
		sum += c.total[d]
	}
	return sum
}

// kWh returns what a meter read in whole kWh on the first and after the last
// day shows as used.
func (c *consumption) kWh(origin, first, last day) int64 {
	return c.wattHours(origin, last)/1000 - c.wattHours(origin, first-1)/1000
}

// gasKWh returns the gas of the days from first to last, both included.
func (c *consumption) gasKWh(first, last day) (sum int64) {
	for _, g := range c.gas {
		if first <= g.on && g.on <= last {
			sum += int64(g.kWh)
		}
	}
	return sum
}

// weather is the mean outside temperature of each day in tenths of a degree.
type weather map[day]int

// monthMeans are the mean temperatures of the months on the lower Loire, in
// tenths of a degree.
var monthMeans = [...]int{55, 62, 90, 115, 150, 185, 205, 204, 172, 135, 90, 62}

// hourSwings is how far from the day's mean each hour is, in hundredths of the
// day's half range.
var hourSwings = [...]int{-45, -55, -65, -75, -85, -92, -90, -75, -45, -10, 25, 55, 75, 90, 98, 100, 92, 72, 48, 25, 5, -10, -22, -35}

func newWeather(dice dice, p *plan) weather {
	w := weather{}
	drift := 0
	for d := p.first; d <= p.last+1; d++ {
		_, month, dom := d.date()
		here, other, far := monthMeans[month-1], monthMeans[month%12], dom-15
		if dom < 15 {
			other, far = monthMeans[(month+10)%12], 15-dom
		}
		drift = drift*8/10 + dice.between(-24, 24)
		w[d] = here + (other-here)*far/30 + drift
	}
	return w
}

// at returns the temperature at an hour, in tenths of a degree.
func (w weather) at(d day, hour int) int {
	halfRange := 32
	if m := d.month(); m >= time.April && m <= time.September {
		halfRange = 52
	}
	return w[d] + hourSwings[hour]*halfRange/100
}

// Power of what is not heating in watts, by half hour from midnight.
var (
	workday = [48]int{
		170, 160, 160, 150, 150, 150, 150, 150, 150, 150, 150, 160, 190, 330, 620, 540, 380, 220, 180, 180, 170, 170, 180, 180,
		200, 190, 180, 180, 170, 170, 180, 190, 240, 360, 420, 470, 560, 690, 720, 640, 540, 500, 470, 440, 380, 300, 240, 200}
	restday = [48]int{
		190, 180, 170, 160, 160, 150, 150, 150, 150, 150, 150, 150, 160, 170, 220, 320, 480, 560, 520, 450, 430, 470, 560, 720,
		780, 690, 520, 430, 400, 390, 400, 420, 440, 470, 500, 560, 640, 740, 790, 680, 560, 520, 500, 470, 420, 350, 280, 230}
)

const (
	absent     = 96  // watts of an empty house: refrigerator and box
	heatsBelow = 170 // tenths of a degree under which the heating works
	lossWatts  = 11  // watts for each tenth below
	mostWatts  = 8800
)

func (c *consumption) drawCurve(dice dice, p *plan, sky weather) {
	begin, end := p.first.at(0, 0), (p.last+1).at(0, 0)
	c.curve = make([]halfHour, 0, int(end.Sub(begin)/(30*time.Minute)))
	var today chores
	for t := begin; t.Before(end); t = t.Add(30 * time.Minute) {
		local := paris(t)
		d, slot := dayOf(local), local.Hour()*2+local.Minute()/30
		if slot == 0 || len(c.curve) == 0 {
			_, away := p.away(d)
			today = drawChores(dice, d, away)
		}
		watts := today.watts(dice, slot) + today.heating(sky.at(d, local.Hour()), slot)
		watts = min(watts, mostWatts) / 2 * 2
		c.curve = append(c.curve, halfHour{paris(t.Add(30 * time.Minute)), watts})
		c.total[d] += int64(watts) / 2
	}
}

// chores is what the family does with electricity on one day.
type chores struct {
	away, atHome bool
	wash, dishes int // the slot it begins in; -1 for not today
	cooking      [2]int
}

func drawChores(dice dice, d day, away bool) chores {
	c := chores{away: away, atHome: d.weekend() || publicHoliday(d) != "" || d.weekday() == time.Wednesday}
	c.wash, c.dishes = -1, dice.between(42, 44)
	switch {
	case d.weekend() && dice.chance(75):
		c.wash = dice.between(19, 28)
	case dice.chance(28):
		c.wash = dice.between(38, 42)
	}
	c.cooking = [2]int{dice.between(23, 25), dice.between(37, 39)}
	return c
}

func (c chores) watts(dice dice, slot int) int {
	if c.away {
		return absent + dice.between(0, 60)
	}
	profile := &workday
	if c.atHome {
		profile = &restday
	}
	watts := profile[slot] * dice.between(82, 124) / 100
	if c.wash >= 0 && slot >= c.wash && slot < c.wash+3 {
		watts += [...]int{1150, 420, 260}[slot-c.wash]
	}
	if slot >= c.dishes && slot < c.dishes+3 {
		watts += [...]int{950, 380, 760}[slot-c.dishes]
	}
	if slot == c.cooking[1] || c.atHome && slot == c.cooking[0] {
		watts += dice.between(500, 1500)
	}
	return watts
}

// heating returns the watts of the radiators: less at night, while everybody is
// out, and on holiday.
func (c chores) heating(temperature, slot int) int {
	if temperature >= heatsBelow {
		return 0
	}
	watts := (heatsBelow - temperature) * lossWatts
	switch {
	case c.away:
		return watts * 30 / 100
	case slot < 11 || slot >= 46:
		return watts * 62 / 100
	case !c.atHome && slot >= 17 && slot < 33:
		return watts * 70 / 100
	}
	return watts
}

// gasFactor is the heating value in Wh/dm³ (kWh/m³ × 1000).
const gasFactor = 11244

func (c *consumption) drawGas(dice dice, p *plan, sky weather) {
	index := 4_218_400
	for d := p.first; d <= p.last; d++ {
		g := gasDay{on: d, before: index, temperature: sky[d]}
		if _, away := p.away(d); !away {
			wh := dice.between(6200, 11800) + max(0, 200-sky[d])*12
			g.litres = wh * 1000 / gasFactor / 100 * 100
		}
		g.kWh = (g.litres*gasFactor/1000 + 500) / 1000
		index += g.litres
		c.gas = append(c.gas, g)
	}
}

// enedisCSV writes the load curve as customers download it from their account:
// semicolons, mean powers in watts, stamps that are the end of each interval.
func (c *consumption) enedisCSV(p *plan) []byte {
	b := make([]byte, 0, 40*len(c.curve))
	b = append(b, "\ufeffIdentifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;Pas en minutes\r\n"...)
	b = fmt.Appendf(b, "%s;Courbe de charge;%s;%s;Energie active;Consommation;Comptage Brut;W;\r\n", prm, p.first.slashed(), (p.last + 1).slashed())
	b = append(b, "Horodate;Valeur\r\n"...)
	for _, point := range c.curve {
		b = point.end.AppendFormat(b, "2006-01-02T15:04:05-07:00")
		b = append(b, ';')
		b = strconv.AppendInt(b, int64(point.watts), 10)
		b = append(b, "\r\n"...)
	}
	return b
}

// A gasReading is one day as the distributor's customer account answers it. A
// gas day lasts from six in the morning to six.
type gasReading struct {
	Start       string      `json:"dateDebutReleve"`
	End         string      `json:"dateFinReleve"`
	Day         string      `json:"journeeGaziere"`
	IndexStart  json.Number `json:"indexDebut"`
	IndexEnd    json.Number `json:"indexFin"`
	Volume      json.Number `json:"volumeBrutConsomme"`
	Energy      json.Number `json:"energieConsomme"`
	Factor      json.Number `json:"coeffConversion"`
	Temperature json.Number `json:"temperature"`
	Quality     string      `json:"qualificationReleve"`
	Status      string      `json:"status"`
}

// grdfJSON writes the daily readings of the gas meter by its number.
func (c *consumption) grdfJSON() ([]byte, error) {
	readings := make([]gasReading, 0, len(c.gas))
	for _, g := range c.gas {
		readings = append(readings, gasReading{
			Start: g.on.at(6, 0).Format(time.RFC3339), End: (g.on + 1).at(6, 0).Format(time.RFC3339), Day: g.on.String(),
			IndexStart: scaled(g.before, 1000), IndexEnd: scaled(g.before+g.litres, 1000), Volume: scaled(g.litres, 1000),
			Energy: json.Number(strconv.Itoa(g.kWh)), Factor: scaled(gasFactor, 1000), Temperature: scaled(g.temperature, 10),
			Quality: "Mesuré", Status: "Définitive",
		})
	}
	return json.MarshalIndent(map[string]any{pce: map[string]any{"idPce": pce, "releves": readings}}, "", "  ")
}

// scaled writes n / by, where by is a power of ten.
func scaled(n, by int) json.Number {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	digits := len(strconv.Itoa(by)) - 1
	return json.Number(fmt.Sprintf("%s%d.%0*d", sign, n/by, digits, n%by))
}

package api

import (
	"net/http"

	"penates/internal/grant"
)

// figures is the answer to a question under a grant that gives figures only.
type figures struct {
	Data []grant.Figure `json:"data"`
}

// askFigures answers how many documents there are and sums over them, by group.
func (c *call) askFigures() error {
	var q grant.Question
	if err := c.readJSON(&q); err != nil {
		return err
	}
	end, ctx, err := c.begin()
	if err != nil {
		return err
	}
	defer end()
	told, err := c.s.Figures(ctx, q)
	if err != nil {
		return err
	}
	return c.writeJSON(http.StatusOK, figures{append([]grant.Figure{}, told...)})
}

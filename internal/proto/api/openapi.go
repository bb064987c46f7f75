package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// components are the schemas and parameters of the description.
//
//go:embed components.json
var components []byte

type object = map[string]any

// describe makes the OpenAPI 3.1 description of routes.
func describe(routes []route, version string) ([]byte, error) {
	var parts object
	if err := json.Unmarshal(components, &parts); err != nil {
		return nil, fmt.Errorf("components of the description: %w", err)
	}
	if version == "" {
		version = "1"
	}
	paths := map[string]object{}
	for _, rt := range routes {
		if paths[rt.path] == nil {
			paths[rt.path] = object{}
		}
		paths[rt.path][strings.ToLower(rt.method)] = operation(rt)
	}
	return json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Penates", "version": version,
			"description": "One person's vault, as far as the grant behind your access token goes. Every access is in the person's journal before it is answered.",
		},
		"servers":    []object{{"url": Base}},
		"paths":      paths,
		"components": parts,
		"security":   []object{{"dpop": []string{}}, {"bearer": []string{}}},
	}, "", " ")
}

func operation(rt route) object {
	op := object{"operationId": rt.id, "summary": rt.summary, "responses": answers(rt)}
	if rt.about != "" {
		op["description"] = rt.about
	}
	if rt.public {
		op["security"] = []object{}
	}
	var params []object
	for _, p := range rt.params {
		params = append(params, object{"$ref": "#/components/parameters/" + p})
	}
	if params != nil {
		op["parameters"] = params
	}
	if rt.takes != "" {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": schemaRef(rt.takes)}}}
	}
	return op
}

func schemaRef(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func answers(rt route) object {
	status := rt.status
	if status == "" {
		status = "200"
	}
	ok := object{"description": "done"}
	if rt.gives != "" {
		media := rt.media
		if media == nil {
			media = []string{"application/json"}
		}
		content := object{}
		for _, m := range media {
			switch m {
			case "text/csv", "text/event-stream":
				content[m] = object{"schema": object{"type": "string"}}
			default:
				content[m] = object{"schema": schemaRef(rt.gives)}
			}
		}
		ok["content"] = content
	}
	all := object{status: ok}
	refusals := rt.refusals
	if !rt.public {
		refusals = append(refusals[:len(refusals):len(refusals)], "401", "403", "429", "503")
	}
	for _, s := range refusals {
		switch s {
		case "304":
			all[s] = object{"description": "not changed"}
		case "206":
			all[s] = object{"description": "a range", "content": ok["content"]}
		case "416":
			all[s] = object{"description": "no such range"}
		default:
			all[s] = object{"$ref": "#/components/responses/Problem"}
		}
	}
	return all
}

// openAPI answers with the description.
func (c *call) openAPI() error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.Header().Set("Cache-Control", "public, max-age=3600")
	c.w.WriteHeader(http.StatusOK)
	_, err := c.w.Write(c.srv.about)
	return gone(err)
}

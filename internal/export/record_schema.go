package export

import (
	"bytes"
	"encoding/json"

	"dsr-server/internal/dsr"
)

// jsonSchema is as much of JSON Schema (2020-12) as records need. They are the vendor's, who
// may send anything, so that no field has a type: a description is what there is to say.
type jsonSchema struct {
	Schema      string                `json:"$schema,omitempty"`
	ID          string                `json:"$id,omitempty"`
	Title       string                `json:"title,omitempty"`
	Description string                `json:"description,omitempty"`
	Type        string                `json:"type,omitempty"`
	Properties  map[string]jsonSchema `json:"properties,omitempty"`
	Items       *jsonSchema           `json:"items,omitempty"`
	AnyOf       []jsonSchema          `json:"anyOf,omitempty"`
	Ref         string                `json:"$ref,omitempty"`
	Definitions map[string]jsonSchema `json:"$defs,omitempty"`
}

// RecordSchema is the JSON Schema of a type's records, with what their fields mean in a
// language (German, or else English); nil of a type that is not known.
func RecordSchema(sourceType, language string) []byte {
	records, known := describedRecords[sourceType]
	if !known {
		return nil
	}
	s := jsonSchema{
		Schema: "https://json-schema.org/draft/2020-12/schema", ID: "urn:dsr-server:records:" + sourceType + ":1",
		Title:       in(language, "The records of data/, one on each line", "Die Datensätze in data/, einer je Zeile"),
		Description: in(language, "The records are the vendor's own; fields that are not described here are shown and kept all the same.", "Die Datensätze sind die des Anbieters; Felder, die hier nicht beschrieben sind, sind trotzdem enthalten und werden gezeigt."),
		AnyOf:       []jsonSchema{{Ref: "#/$defs/conversation"}, {Ref: "#/$defs/message"}},
		Definitions: map[string]jsonSchema{"conversation": objectOf(records[dsr.Conversation], language), "message": objectOf(records[dsr.Message], language)},
	}
	s.Definitions["conversation"] = s.Definitions["conversation"].titled("conversations.ndjson")
	s.Definitions["message"] = s.Definitions["message"].titled("messages.ndjson")
	return indented(s)
}

func in(language, english, german string) string {
	if language == "de" {
		return german
	}
	return english
}

func (s jsonSchema) titled(title string) jsonSchema {
	s.Title, s.Type = title, "object"
	return s
}

func objectOf(fields []recordField, language string) jsonSchema {
	s := jsonSchema{Properties: map[string]jsonSchema{}}
	for _, f := range fields {
		of := jsonSchema{}
		if f.fields != nil {
			of = objectOf(f.fields, language)
		}
		if f.items != nil {
			items := objectOf(f.items, language)
			of.Items = &items
		}
		of.Description = in(language, f.en, f.de)
		s.Properties[f.name] = of
	}
	return s
}

// indented is a schema as people read it, with the keys of maps in order.
func indented(s jsonSchema) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(s); err != nil {
		panic(err) // strings, maps and lists of them always encode
	}
	return b.Bytes()
}

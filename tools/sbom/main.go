// Command sbom prints what a program is built of, as a CycloneDX bill of materials in
// JSON: sbom PROGRAM [VERSION]. It is read from the program itself, as go version -m reads it, so it
// is what was linked and not what was meant to be; the same program gives the same bytes.
package main

import (
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

// bill is the part of CycloneDX 1.6 that is used here.
type bill struct {
	Schema     string      `json:"$schema"`
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, args []string) error {
	if len(args) != 1 && len(args) != 2 {
		return fmt.Errorf("give one program, and its version where the program does not know it")
	}
	info, err := buildinfo.ReadFile(args[0])
	if err != nil {
		return err
	}
	if len(args) == 2 {
		info.Main.Version = args[1]
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(billOf(info))
}

func billOf(info *debug.BuildInfo) bill {
	program := moduleOf(&info.Main)
	program.Type, program.Ref = "application", info.Path
	for _, s := range info.Settings {
		if s.Key == "-tags" || s.Key == "-trimpath" || s.Key == "CGO_ENABLED" || s.Key == "GOOS" || s.Key == "GOARCH" || s.Key == "vcs.revision" {
			program.Properties = append(program.Properties, property{"go:build:" + s.Key, s.Value})
		}
	}
	b := bill{Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{program}}
	number := strings.TrimPrefix(strings.Fields(info.GoVersion)[0], "go")
	b.Components = append(b.Components, component{Type: "library", Ref: "pkg:golang/std@" + number, Name: "std", Version: number, PURL: "pkg:golang/std@" + number})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		b.Components = append(b.Components, moduleOf(m))
	}
	return b
}

// moduleOf is a module with the hash that go.sum has of it, where there is one: a SHA-256
// over the names and hashes of its files.
func moduleOf(m *debug.Module) component {
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	c := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) == 32 {
		c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
	}
	return c
}

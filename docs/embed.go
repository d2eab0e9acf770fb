// Package docs holds the JSON Schemas that this folder publishes, for the archives that
// carry them along.
package docs

import "embed"

// Schemas are the files <entry>.schema.json, each of the entry <entry>.json of an archive.
//
//go:embed *.schema.json
var Schemas embed.FS

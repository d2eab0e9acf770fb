// Package migrations holds the schema as numbered goose files. A file that has been
// released is never changed; the next change is the next number.
package migrations

import "embed"

// FS holds the files, for goose.NewProvider.
//
//go:embed *.sql
var FS embed.FS

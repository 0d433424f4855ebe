// Package migrations embeds the schema, one goose file a version. The header of
// 001_initial_schema.sql says how the next one has to be written.
package migrations

import "embed"

// FS holds the migrations, NNN_name.sql, to be applied in the order of NNN.
//
//go:embed *.sql
var FS embed.FS

package clientlogs

import (
	_ "embed" // for the migrations

	"github.com/bunkerm/bunkerm/store"
)

//go:embed migrations/0001_events.sql
var migration0001 string

// Migrations returns the tables of this service.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "clientlogs/0001", SQL: migration0001}}
}

package notify

import (
	_ "embed" // for the migrations

	"github.com/bunkerm/bunkerm/store"
)

//go:embed migrations/0001_outbox.sql
var migration0001 string

// Migrations returns the tables of this room.
func Migrations() []store.Migration {
	return []store.Migration{{Name: "notify/0001", SQL: migration0001}}
}

package app

import (
	"context"

	"github.com/bunkerm/bunkerm/adopt"
	"github.com/bunkerm/bunkerm/broker"
)

// AdoptOptions say which broker is to be adopted.
type AdoptOptions = adopt.Options

// AdoptPlan is what an adoption comes to.
type AdoptPlan = adopt.Plan

// TakeOptions say how the old broker is stopped and where its files come to.
type TakeOptions = adopt.TakeOptions

// DatabaseContents is what a broker's database holds.
type DatabaseContents = adopt.Contents

// Undone is what was given back.
type Undone = adopt.Undone

// ReadAdoption says what it comes to to adopt a broker. Nothing is changed.
func ReadAdoption(o AdoptOptions) (*AdoptPlan, error) { return adopt.Read(o) }

// UndoAdoption stops the managed broker and gives everything back to the one from which it came.
func UndoAdoption(ctx context.Context, o Options) (Undone, error) {
	if adopt.Managed(o.DataDir) {
		if err := broker.EndKept(ctx, o.DataDir); err != nil {
			return Undone{}, err
		}
	}
	return adopt.Undo(ctx, o.DataDir)
}

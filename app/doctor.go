package app

import (
	"context"

	"github.com/bunkerm/bunkerm/broker/doctor"
)

// DoctorOptions are how Doctor connects.
type DoctorOptions = doctor.Options

// Diagnosis is what Doctor says.
type Diagnosis = doctor.Diagnosis

// Doctor connects to a broker as a device would and says at which step it fails.
func Doctor(ctx context.Context, o DoctorOptions) Diagnosis { return doctor.Examine(ctx, o) }

package app

import (
	"context"

	"github.com/bunkerm/bunkerm/broker/doctor"
)

// DoctorOptions are how Doctor connects.
type DoctorOptions = doctor.Options

// DoctorReport is what Doctor says.
type DoctorReport = doctor.Report

// Doctor connects to a broker as a device would and says at which step it fails.
func Doctor(ctx context.Context, o DoctorOptions) DoctorReport { return doctor.Examine(ctx, o) }

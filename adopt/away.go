package adopt

import (
	"os"
	"time"
)

// Away is about how long no broker is there during an adoption that goes on as bunkerm serve at once.
type Away struct {
	About    time.Duration
	Database int64 // bytes, as it was written last; a broker that is stopped writes it anew
}

// Measured on two cores of a server's processor with 10,000, 100,000 and 400,000 retained messages: what the old broker takes to
// write its database and to end, the copy, and the start of the new one. A small board with an SD card takes some times that.
const (
	awayAnyway = 100 * time.Millisecond
	awayPerMB  = 60 * time.Millisecond
)

// Away estimates how long the broker will be away.
func (p *Plan) Away() Away {
	a := Away{About: awayAnyway}
	if p.Database == "" {
		return a
	}
	if info, err := os.Stat(p.src.at(p.Database)); err == nil {
		a.Database = info.Size()
	}
	const mb = 1 << 20
	a.About += time.Duration(float64(a.Database) / mb * float64(awayPerMB)).Round(10 * time.Millisecond)
	return a
}

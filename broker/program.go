package broker

import "context"

// FindMosquitto finds the broker's program on this machine, and its version as in 2.0.11. named is a name or path to look
// for instead of the usual ones. Its faults say how to install or name what is missing.
func FindMosquitto(ctx context.Context, named string) (executable, version string, err error) {
	executable, err = findMosquitto(named)
	if err != nil {
		return "", "", err
	}
	version, err = mosquittoVersion(ctx, executable)
	return executable, version, err
}

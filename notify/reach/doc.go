// Package reach dials only what a channel may reach. An address that a person has typed in is requested by our host, from
// inside the network that it stands in: without a check anybody who may set up a channel could knock at every door there,
// and at our own broker. The check is made on the address that is dialled, after the name was resolved, so a name that
// resolves differently a moment later gets nowhere.
//
// It may import fault.
package reach

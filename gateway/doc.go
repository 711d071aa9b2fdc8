// Package gateway is the front door: one port with the start page, the API of every service, its documentation,
// health and metrics. It recognises who asks, holds limits, and turns every failure into a problem (RFC 9457).
//
// It may import auth and fault. Services register their routes on the huma.API that it hands out; they do not
// import it, and it does not import them. A request goes through in this order: number and log (exchange.go),
// who asks (knock.go), where to (route.go), may they and is the body sound (adapter.go), then the service.
package gateway

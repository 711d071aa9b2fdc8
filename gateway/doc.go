// Package gateway is the front door: one port with the page, the API of every service, its documentation, health and
// metrics, and one event stream that carries all others. It recognises who asks, by key or by cookie, and where from,
// behind proxies too; it holds limits, and turns every failure into a problem (RFC 9457).
//
// It may import auth, stream and fault. Services register their routes on the huma.API that it hands out; they do not
// import it, and it does not import them. A request goes through in this order: number, origin and log (exchange.go,
// origin.go), who asks (knock.go), where to (route.go), may they and is the body sound (adapter.go), then the service.
package gateway

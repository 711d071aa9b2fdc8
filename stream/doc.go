// Package stream sends server-sent events (WHATWG HTML, section 9.2): a Group of open streams that can be ended
// together, a Sender that writes one stream, and a Ring that keeps the newest events so that a reader who lost the
// connection goes on without a gap.
//
// It knows nothing of what is sent. Services use it behind their routes. It may import fault and nothing else of ours.
package stream

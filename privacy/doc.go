// Package privacy is how something that names a person or a device is taken out of what BunkerM keeps: which texts name
// it, and what stands there afterwards. Each room takes it out of its own tables; app says in which order.
//
// It may import fault.
package privacy

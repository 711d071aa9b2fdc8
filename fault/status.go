package fault

// GetStatus returns the HTTP status of the kind. It is the one place where kinds become HTTP; the method has the
// name under which huma looks for it, so that a service returns a fault from its handler and nothing more.
func (e *Error) GetStatus() int {
	switch e.Kind {
	case Malformed:
		return 400
	case Unauthorized:
		return 401
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case MethodNotAllowed:
		return 405
	case Conflict:
		return 409
	case Precondition:
		return 412
	case TooLarge:
		return 413
	case UnsupportedMedia:
		return 415
	case Invalid:
		return 422
	case TooMany:
		return 429
	case Refused:
		return 502
	case Unavailable:
		return 503
	case Uncertain:
		return 504
	default:
		return 500
	}
}

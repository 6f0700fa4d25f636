package notify

// CauseOf says why a message was not taken and whether another attempt would
// end the same way.
func CauseOf(err error) (string, bool) {
	if err == nil {
		return "", false
	}
	f := failureOf(err)
	return f.cause, f.final
}

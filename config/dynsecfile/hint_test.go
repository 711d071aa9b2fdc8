package dynsecfile_test

import "github.com/bunkerm/bunkerm/fault"

func hintOf(err error) string { return fault.From(err).HintText }

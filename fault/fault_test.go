package fault_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/bunkerm/bunkerm/fault"
)

func TestRefiningLeavesTheOriginalAlone(t *testing.T) {
	base := fault.New(fault.Invalid, "the request is not acceptable").At("body.a", "is missing")
	one := base.At("body.b", "is too long").Hint("shorten it")
	two := base.At("body.c", "is empty")

	if len(base.Fields) != 1 || base.HintText != "" {
		t.Errorf("base changed: %+v", base)
	}
	if one.Fields[1].Location != "body.b" || two.Fields[1].Location != "body.c" {
		t.Errorf("copies share memory: %+v, %+v", one.Fields, two.Fields)
	}
}

func TestFromFindsTheFaultUnderWrapping(t *testing.T) {
	err := fmt.Errorf("creating client: %w", fault.New(fault.Conflict, "client already exists").Because(io.EOF))

	if got := fault.From(err); got.Kind != fault.Conflict {
		t.Errorf("kind = %v, want Conflict", got.Kind)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is not found")
	}
	if !fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		t.Error("Is does not tell kinds apart")
	}
}

func TestFromHidesForeignErrors(t *testing.T) {
	got := fault.From(errors.New("open /etc/secret: permission denied"))

	if got.Kind != fault.Internal {
		t.Errorf("kind = %v, want Internal", got.Kind)
	}
	if strings.Contains(got.Message, "secret") {
		t.Errorf("message shows the cause: %q", got.Message)
	}
	if !strings.Contains(got.Error(), "secret") {
		t.Errorf("the log text lacks the cause: %q", got.Error())
	}
}

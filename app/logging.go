package app

import (
	"io"
	"log/slog"
)

// newLogger makes the one logger of the program. Rooms get it with their name as the attribute component.
func newLogger(o Options) *slog.Logger {
	if o.Logger != nil {
		return o.Logger
	}
	w := o.Console
	if w == nil {
		w = io.Discard
	}
	var level slog.Level
	if level.UnmarshalText([]byte(o.LogLevel)) != nil {
		level = slog.LevelInfo
	}
	handler := &slog.HandlerOptions{Level: level}
	if o.LogFormat == "text" || (o.LogFormat == "" && o.Terminal) {
		return slog.New(slog.NewTextHandler(w, handler))
	}
	return slog.New(slog.NewJSONHandler(w, handler))
}

func component(logger *slog.Logger, name string) *slog.Logger { return logger.With("component", name) }

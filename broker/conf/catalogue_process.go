package conf

// persistence is what survives a restart.
func persistence() []Definition {
	return belong(onGlobal,
		boolean("persistence", false, "Keep retained messages, subscriptions and queued messages in a file, for after a restart.", live),
		boolean("retained_persistence", false, "The old name of persistence.", live, deprecated(Version{2, 0, 0}, "persistence")),
		text("persistence_file", "The name of that file.", live, byDefault("mosquitto.db"), names(WritesTo)),
		text("persistence_location", "The folder of that file, which the broker's user must be able to write in.", live, names(WritesDir)),
		number("autosave_interval", 0, any32, 1800, "Seconds between two writings of that file, or changes with autosave_on_changes; 0 writes at the end only.", live),
		boolean("autosave_on_changes", false, "Count changes and not seconds in autosave_interval.", live),
		words("persistent_client_expiration", "How long a persistent session is kept without its client: a number and h, d, w, m or y.", live),
	)
}

// logging is what the broker tells of itself.
func logging() []Definition {
	return belong(onGlobal,
		boolean("connection_messages", true, "Log when clients connect and disconnect.", live),
		words("log_dest", "Where the log goes: none, stderr, stdout, syslog, topic, dlt, or file and its path. Each line adds one.", live, many,
			byDefault("stderr"), names(WritesTo)),
		number("log_facility", 0, 7, 0, "Which of syslog's facilities local0 to local7 is used.", live, noDefault),
		boolean("log_timestamp", true, "Begin each line of the log with the time.", live),
		text("log_timestamp_format", "How that time is written, in the words of strftime; seconds since 1970 by default.", live),
		choice("log_type", []string{"error", "warning", "notice", "information", "subscribe", "unsubscribe", "debug", "websockets", "internal", "all", "none"},
			"What is logged. Each line adds one.", live, many, noDefault),
	)
}

// process is the broker as a program.
func process() []Definition {
	return belong(onGlobal,
		words("include_dir", "Reads all files *.conf of a folder at this place.", many, names(ReadsDir)),
		text("pid_file", "A file into which the broker writes its process id.", names(WritesTo), dangerous),
		text("user", "The user that the broker becomes when root starts it.", again, byDefault("mosquitto"), dangerous),
	)
}

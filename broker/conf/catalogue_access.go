package conf

// security is who may connect.
func security() []Definition {
	return belong(onSecurity,
		text("acl_file", "A file with what each user may publish and subscribe to; not needed with roles.", live, again, names(ReadsFile),
			deprecated(v21(), "a role, or the plugin mosquitto_acl_file")),
		boolean("allow_anonymous", false, "Let clients in that give no username. Without any listener, local clients get in.", live),
		boolean("allow_zero_length_clientid", true, "Let clients in that leave it to the broker to choose their client id."),
		text("auto_id_prefix", "What the client ids begin with that the broker chooses itself; with 2.1, up to 50 bytes.", live, byDefault("auto-"),
			deprecated(v21(), "listener_auto_id_prefix")),
		text("password_file", "A file with usernames and hashed passwords; not needed with accounts of the dynamic security plugin.", live, again,
			names(ReadsFile), deprecated(v21(), "an account, or the plugin mosquitto_password_file")),
		text("psk_file", "A file with identities and pre-shared keys in hexadecimal, for listeners with psk_hint.", live, again, names(ReadsFile)),
	)
}

// tls is the encryption of listeners.
func tls() []Definition {
	return belong(onListener,
		text("cafile", "A file with the certificates of the authorities that client certificates may come from.", again, names(ReadsFile)),
		text("capath", "A folder with such certificates, prepared with openssl rehash.", again, names(ReadsDir)),
		text("certfile", "The listener's own certificate in PEM, with those of the intermediate authorities behind it.", again, names(ReadsFile)),
		text("keyfile", "The private key of certfile in PEM, without a passphrase.", again, names(ReadsFile)),
		text("ciphers", "The ciphers for TLS 1.2 and earlier, in OpenSSL's words.", again),
		text("ciphers_tls1.3", "The cipher suites for TLS 1.3, with colons between them.", again),
		text("crlfile", "A file with the client certificates that have been revoked, in PEM.", again, names(ReadsFile)),
		text("dhparamfile", "Parameters for Diffie-Hellman key exchange, in PEM.", again, names(ReadsFile), deprecated(v21(), "nothing: 2.1 passes over it")),
		boolean("disable_client_cert_date_checks", false, "Let in client certificates that have expired or are not yet valid.", since(v21())),
		text("psk_hint", "Turns on TLS with pre-shared keys; the text is sent to clients."),
		boolean("require_certificate", false, "Let only clients in that show a certificate of an authority in cafile or capath."),
		// The name of an engine may be a path, and OpenSSL then loads that file.
		text("tls_engine", "The OpenSSL engine that keeps the private key; it is code that OpenSSL loads.", dangerous),
		text("tls_engine_kpass_sha1", "SHA-1 of the engine's password for the private key, in hexadecimal.", secret, again),
		choice("tls_keyform", []string{"pem", "engine"}, "Whether keyfile is a file in PEM or a name in the engine."),
		choice("tls_version", []string{"tlsv1.2", "tlsv1.3", "tlsv1.1"}, "The oldest version of TLS that clients may use.", once),
		boolean("use_identity_as_username", false, "Take the name in the client's certificate, or its PSK identity, as the username."),
		boolean("use_subject_as_username", false, "Take the whole subject of the client's certificate as the username."),
	)
}

// plugins are the broker's extensions. Each is code that runs with the broker's rights.
func plugins() []Definition {
	options := "An option of the plugin above; the plugin's own manual says which it knows."
	p := belong(onPlugin,
		text("plugin", "Loads an extension, for the listener above with per_listener_settings, else for all.", many, dangerous, names(RunsFile)),
		text("auth_plugin", "Loads an extension; the old name of plugin.", many, dangerous, names(RunsFile), deprecated(Version{2, 0, 0}, "plugin")),
		text("global_plugin", "Loads an extension for all listeners, whatever per_listener_settings says.", many, dangerous, names(RunsFile), since(v21())),
		words("plugin_load", "A name and the file of an extension that plugin_use gives to listeners.", many, dangerous, names(RunsFile), since(v21())),
		text("plugin_opt_*", options, many, secret),
		text("auth_opt_*", options, many, secret, deprecated(Version{2, 0, 0}, "plugin_opt_*")),
		boolean("auth_plugin_deny_special_chars", true, "Refuse clients with + or # in username or client id before the plugin is asked."),
	)
	return append(p, belong(onListener,
		text("plugin_use", "Gives the listener above an extension that plugin_load has named.", many, since(v21())),
	)...)
}

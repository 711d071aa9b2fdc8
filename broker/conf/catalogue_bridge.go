package conf

// bridges are connections to other brokers. 2.1 reads them again on SIGHUP.
func bridges() []Definition {
	old := Version{2, 0, 0}
	return belong(onBridge, reloading(
		words("connection", "A connection to another broker: its name.", many),
		words("address", "Where the other broker is: one or more of host or host:port, 1883 by default."),
		words("addresses", "The same as address.", deprecated(old, "address")),
		words("topic", "What is exchanged: pattern, direction out, in or both, QoS, local prefix, remote prefix.", many),
		boolean("bridge_attempt_unsubscribe", true, "Unsubscribe on the other side from topics that only go out."),
		text("bridge_bind_address", "The local address that the connection goes out from."),
		number("bridge_max_packet_size", 0, any32, 0, "The largest packet that is sent, in bytes; 0 for any."),
		number("bridge_max_topic_alias", 0, 65535, 10, "How many topic aliases the bridge takes from the other side.", since(v21())),
		boolean("bridge_outgoing_retain", true, "Keep the mark of retained messages on what goes out."),
		choice("bridge_protocol_version", []string{"mqttv311", "mqttv50", "mqttv31"}, "The version of MQTT that is spoken."),
		number("bridge_receive_maximum", 1, 65535, 20, "How many messages of QoS 1 and 2 may be on their way here at once, with MQTT 5.", noDefault, since(v21())),
		choice("bridge_reload_type", []string{"lazy", "immediate"}, "Whether a changed bridge is used at the next connection, or reconnects at once on a reload.", since(v21())),
		number("bridge_session_expiry_interval", 0, any32, 0, "Seconds for which the other side keeps the session, with MQTT 5.", since(v21())),
		words("bridge_tcp_keepalive", "Three numbers for TCP's keepalive: seconds idle, seconds between probes, probes.", since(v21())),
		number("bridge_tcp_user_timeout", 0, any32, 0, "Milliseconds after which TCP gives up on what is not acknowledged.", noDefault, since(v21())),
		boolean("cleansession", false, "Have the other side forget subscriptions and messages when the connection is lost."),
		boolean("local_cleansession", false, "The same on this side; as cleansession by default.", noDefault),
		text("remote_clientid", "The client id on the other side; the bridge's name and this machine's by default."),
		text("clientid", "The old name of remote_clientid.", deprecated(old, "remote_clientid")),
		text("remote_username", "The username on the other side."),
		text("username", "The old name of remote_username.", deprecated(old, "remote_username")),
		text("remote_password", "The password on the other side.", secret),
		text("password", "The old name of remote_password.", secret, deprecated(old, "remote_password")),
		text("local_clientid", "The client id on this side; local. and remote_clientid by default."),
		text("local_username", "The username on this side."),
		text("local_password", "The password on this side.", secret),
		number("idle_timeout", 1, any32, 60, "Seconds without messages after which a lazy bridge disconnects."),
		number("keepalive_interval", 5, 65535, 60, "Seconds after which the bridge sends a ping."),
		boolean("notifications", true, "Publish below $SYS/broker/connection whether the bridge is connected."),
		boolean("notifications_local_only", false, "Do that on this side only."),
		text("notification_topic", "The topic for it."),
		words("restart_timeout", "Seconds before the next attempt to connect: one number, or the shortest and the longest wait.", byDefault("5 30")),
		boolean("round_robin", false, "Treat all addresses as equal, instead of going back to the first."),
		choice("start_type", []string{"automatic", "lazy", "once"}, "When the bridge connects: at start and again, when messages wait, or at start only."),
		number("threshold", 1, any32, 10, "How many messages have to wait before a lazy bridge connects."),
		boolean("try_private", true, "Tell the other side that this is a bridge, so that it avoids loops."),
	)...)
}

// bridgeTLS is the encryption of bridges.
func bridgeTLS() []Definition {
	return belong(onBridge, reloading(
		text("bridge_alpn", "The protocol that TLS asks for, where other protocols share the port."),
		text("bridge_cafile", "A file with the authorities that the other side's certificate may come from.", names(ReadsFile)),
		text("bridge_capath", "A folder with such certificates, prepared with openssl rehash.", names(ReadsDir)),
		text("bridge_certfile", "The bridge's own certificate, where the other side wants one.", names(ReadsFile)),
		text("bridge_keyfile", "The private key of bridge_certfile, without a passphrase.", again, names(ReadsFile)),
		text("bridge_ciphers", "The ciphers for TLS 1.2 and earlier, in OpenSSL's words.", since(v21())),
		text("bridge_ciphers_tls1.3", "The cipher suites for TLS 1.3.", since(v21())),
		text("bridge_identity", "The identity for TLS with a pre-shared key."),
		text("bridge_psk", "The pre-shared key in hexadecimal.", secret),
		boolean("bridge_insecure", false, "Do not look whether the certificate is that of the host. Anybody in between can read along."),
		boolean("bridge_require_ocsp", false, "Connect only when the other side proves by OCSP that its certificate is not revoked."),
		boolean("bridge_tls_use_os_certs", false, "Trust the authorities that the operating system trusts.", since(v21())),
		choice("bridge_tls_version", []string{"tlsv1.2", "tlsv1.3", "tlsv1.1"}, "The oldest version of TLS that is used.", once),
	)...)
}

func reloading(all ...Definition) []Definition {
	for i := range all {
		all[i].live21 = true
	}
	return all
}

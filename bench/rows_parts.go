package main

func keeping() []row {
	const subject = "Keeping what happened"
	latency := program("Latency", "ms", "ms/connack")
	logs := func(bench, unit string) metric { return metric{"clientlogs", bench, unit} }
	pages := func(unit string, kinds ...string) (figures []metric) {
		for _, kind := range kinds {
			figures = append(figures, logs("Pages/"+kind, unit))
		}
		return figures
	}
	newest := logs("Pages/newest", "ms/p99")
	history := func(back string) metric { return metric{"monitor", "History/" + back, "ns/op"} }
	return []row{
		{subject: subject, what: "parsing lines of the log", figures: []metric{logs("Parse/debug-flood", "lines/s"), logs("Parse/connect-flood", "lines/s")}, unit: "/s",
			reference: "one regular expression for one kind of line", against: logs("Parse/regexp", "lines/s"), mark: atLeast(1_000_000)},
		{subject: subject, what: "allocations for a line of which no event is made", figures: []metric{logs("Parse/debug-flood", "allocs/op")}, mark: atMost(0)},
		{subject: subject, what: "events stored while pages are read", figures: []metric{logs("Pages/store", "events/s")}, unit: "/s",
			reference: "the same rows copied inside the database, nobody reads", against: logs("Pages/store", "events/s-bare"), mark: atLeast(10_000)},
		{subject: subject, what: "a page of 50 out of 10,000,000 events, by client, user, event or time; 99 of 100, the slowest kind", unit: "ms",
			figures:   pages("ms/p99", "client", "client_rare", "user", "user_rare", "event", "event_rare", "event_publish", "time"),
			reference: "the newest 50", against: newest, mark: atMost(50)},
		{subject: subject, what: "the same by two or three of them, or by address", unit: "ms",
			figures:   pages("ms/p99", "client+time", "user+event+time", "client+event", "user+event_rare", "address"),
			reference: "the newest 50", against: newest, mark: atMost(200)},
		{subject: subject, what: "from what a client does to the event on a stream, median", figures: latency[:1], unit: "ms",
			reference: "CONNECT to CONNACK", against: latency[1], mark: atMost(50)},
		{subject: subject, what: "one metric over 90 days", figures: []metric{history("90_days")}, unit: "ms", scale: 1e-6,
			reference: "over an hour", against: history("hour"), mark: atMost(50)},
	}
}

func noticing() []row {
	const subject = "Noticing what is strange"
	add := func(which, unit string) metric { return metric{"anomaly/detect", "Add/" + which, unit} }
	throughput := func(which, unit string) metric { return metric{"anomaly/detect", "Throughput/" + which, unit} }
	detectors := program("Detectors", "cores_detectors", "cores_without", "unaccounted")
	return []row{
		{subject: subject, what: "a point through the standard detector, in the cache", figures: []metric{add("standard,_hot", "ns/op")}, unit: "ns",
			reference: "three standard deviations", against: add("three_sigma,_hot", "ns/op"), mark: atMost(100)},
		{subject: subject, what: "the same, from memory", figures: []metric{add("standard,_cold", "ns/op")}, unit: "ns",
			reference: "three standard deviations", against: add("three_sigma,_cold", "ns/op"), mark: statedOnly()},
		{subject: subject, what: "what it keeps of a series", figures: []metric{add("standard,_hot", "bytes")}, unit: "bytes",
			reference: "three standard deviations", against: add("three_sigma,_hot", "bytes"), mark: atMost(1280)},
		{subject: subject, what: "points a second, all cores, in the cache", figures: []metric{throughput("hot", "points/s")}, unit: "/s",
			reference: "one core", against: throughput("hot", "one_core"), mark: atLeast(5_000_000)},
		{subject: subject, what: "the same, from memory", figures: []metric{throughput("cold", "points/s")}, unit: "/s",
			reference: "one core", against: throughput("cold", "one_core"), mark: atLeast(1_500_000)},
		{subject: subject, what: "cores for the detectors at 20,000 numeric messages a second on 10,000 topics", figures: detectors[:1],
			reference: "everything else of ours", against: detectors[1], mark: atMost(0.5)},
		{subject: subject, what: "messages of these that are neither seen nor counted as dropped", figures: detectors[2:], mark: atMost(0)},
	}
}

func changing() []row {
	const subject = "Changing the broker"
	adopt := program("Adopt", "adopted-ms", "restarted-ms")
	apply := func(unit string) metric { return metric{"config", "Apply/checked,_tried_and_proven", unit} }
	const byHand = "SIGTERM, the end, a start, the first answer, by hand"
	return []row{
		{subject: subject, what: "a change that needs a restart: checked, tried, written, restarted, proven", figures: []metric{apply("ms/restart")}, unit: "ms",
			reference: byHand, against: apply("ms/bare_restart"), mark: ratioAtMost(1.5)},
		{subject: subject, what: "the same", figures: []metric{apply("ms/restart")}, unit: "ms", reference: byHand, against: apply("ms/bare_restart"), mark: atMost(1500)},
		{subject: subject, what: "a change that needs a reload", figures: []metric{apply("ms/reload")}, unit: "ms", reference: byHand, against: apply("ms/bare_restart"), mark: atMost(300)},
		{subject: subject, what: "parsing and checking a configuration of 10,000 lines", figures: []metric{{"broker/conf", "ParseAndCheck10k", "ns/op"}}, unit: "ms", scale: 1e-6, mark: atMost(20)},
		{subject: subject, what: "a dynamic security file of 20,000 new clients, until the broker serves", figures: []metric{{"config/dynsecfile", "Put", "s-serving"}}, unit: "s", mark: atMost(3)},
		{subject: subject, what: "adopting a Mosquitto with 10,000 retained messages: devices have no broker", figures: adopt[:1], unit: "ms",
			reference: "stopped and started again by its own scripts", against: adopt[1], mark: atMost(2000)},
	}
}

func page() []row {
	const subject = "The page"
	paint := func(cache, unit string) metric { return metric{"ui", "Paint/" + cache, unit} }
	const plain = "a page of one line of text from the same server"
	return []row{
		{subject: subject, what: "first contentful paint of the Overview, nothing in the browser's cache", figures: []metric{paint("cold", "ms/paint")}, unit: "ms",
			reference: plain, against: paint("cold", "ms/plain"), mark: atMost(300)},
		{subject: subject, what: "the same, everything in it", figures: []metric{paint("warm", "ms/paint")}, unit: "ms", reference: plain, against: paint("warm", "ms/plain"), mark: atMost(300)},
		{subject: subject, what: "the broker's figures in the page", figures: []metric{paint("cold", "ms/figures")}, unit: "ms", reference: plain, against: paint("cold", "ms/plain"), mark: statedOnly()},
		{subject: subject, what: "scripts and styles before the first paint, gzip", figures: []metric{{"ui", "Bundle", "KB/gzip"}}, unit: "KB",
			reference: "not compressed", against: metric{"ui", "Bundle", "KB/plain"}, mark: atMost(200)},
	}
}

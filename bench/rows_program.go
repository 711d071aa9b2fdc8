package main

// program makes metrics of one benchmark of the whole program.
func program(bench string, units ...string) (figures []metric) {
	for _, unit := range units {
		figures = append(figures, metric{"cmd/bunkerm", bench, unit})
	}
	return figures
}

// rows are the table, in its order. The marks are those that were set before anything was built.
func rows() []row {
	var all []row
	for _, rows := range [][]row{atRest(), accounts(), observing(), keeping(), noticing(), changing(), page()} {
		all = append(all, rows...)
	}
	return all
}

const mosquittoAlone = "mosquitto alone until it accepts"

func atRest() []row {
	const subject = "The program"
	start := program("Start", "ms_first", "ms_again", "ms_adopting", "ms_mosquitto")
	idle := program("Memory", "MB_bunkerm_idle", "MB_mosquitto_idle", "MB_own_idle")
	crowd := func(units ...string) []metric { return program("Crowd", units...) }
	return []row{
		{subject: subject, what: "start to ready on an empty folder", figures: start[:1], unit: "ms", reference: mosquittoAlone, against: start[3], mark: atMost(500)},
		{subject: subject, what: "start again, the broker stopped", figures: start[1:2], unit: "ms", reference: mosquittoAlone, against: start[3], mark: atMost(500)},
		{subject: subject, what: "start, adopting a broker that runs", figures: start[2:3], unit: "ms", reference: mosquittoAlone, against: start[3], mark: atMost(500)},
		{subject: subject, what: "resident memory, idle", figures: idle[:1], unit: "MB", reference: "its mosquitto", against: idle[1], mark: atMost(40)},
		{subject: subject, what: "of it what the system cannot take back: without the program's file", figures: idle[2:], unit: "MB", reference: "its mosquitto", against: idle[1], mark: statedOnly()},
		{subject: subject, what: "resident memory, 20,000 accounts found at the start and listed", figures: program("Memory", "MB_bunkerm_20000_found"), unit: "MB", reference: "its mosquitto", against: program("Memory", "MB_mosquitto_20000_found")[0], mark: atMost(100)},
		{subject: subject, what: "the peak of importing and listing them", figures: program("Memory", "MB_bunkerm_peak_of_import"), unit: "MB", reference: "its mosquitto", against: program("Memory", "MB_mosquitto_20000_imported")[0], mark: atMost(100)},
		{subject: subject, what: "resident memory, 10,000 clients connected", figures: crowd("MB_10000_clients"), unit: "MB", reference: "its mosquitto", against: crowd("MB_mosquitto_10000_clients")[0], mark: atMost(150)},
		{subject: subject, what: "the same and 100,000 topics", figures: crowd("MB_100000_topics"), unit: "MB", reference: "its mosquitto", against: crowd("MB_mosquitto_100000_topics")[0], mark: atMost(150)},
		{subject: subject, what: "the same, the detectors limited to 16 MiB", figures: crowd("MB_100000_topics_least"), unit: "MB", reference: "its mosquitto", against: crowd("MB_mosquitto_100000_topics")[0], mark: atMost(150)},
		{subject: subject, what: "resident memory at 10,000 messages a second", figures: program("Steady", "MB"), unit: "MB", reference: "its mosquitto", against: program("Steady", "MB_mosquitto")[0], mark: statedOnly()},
		{subject: subject, what: "CPU of a core, idle, no client", figures: crowd("cpu_idle_%"), unit: "%", reference: "its mosquitto", against: crowd("cpu_idle_mosquitto_%")[0], mark: atMost(1)},
		{subject: subject, what: "CPU of a core, 10,000 clients connected, nothing happens", figures: crowd("cpu_clients_%"), unit: "%", reference: "its mosquitto", against: crowd("cpu_clients_mosquitto_%")[0], mark: atMost(1)},
		{subject: subject, what: "CPU of a core, 10,000 clients and 100,000 topics, nothing happens", figures: crowd("cpu_crowd_%"), unit: "%", reference: "its mosquitto", against: crowd("cpu_crowd_mosquitto_%")[0], mark: atMost(1)},
		{subject: subject, what: "CPU of a core at 10,000 messages a second", figures: program("Steady", "cpu_%"), unit: "%", reference: "mosquitto_sub at the same rate", against: program("Steady", "cpu_mosquitto_sub_%")[0], mark: statedOnly()},
	}
}

const (
	bareExchange = "the bare `$CONTROL` exchange over TCP"
	stockCtrl    = "a `mosquitto_ctrl` process, broker with stock settings"
)

func accounts() []row {
	const subject = "Accounts"
	create := func(which, what, against, reference string, m mark) row {
		f := program("CreateClient/"+which, "ms_rest", against)
		return row{subject: subject, what: what, figures: f[:1], unit: "ms", reference: reference, against: f[1], mark: m}
	}
	list := program("ListClients", "ms_service_q_many", "ms_service_q_few", "ms_service_q_none", "ms_service_role_disabled", "ms_listClients")
	importing := program("ImportLive", "s_import", "s_bare")
	return []row{
		create("plain/clients=0", "create a client over HTTP, few there", "ms_bare_tcp", bareExchange, ratioAtMost(1.5)),
		create("plain/clients=2000", "the same, 2,000 there", "ms_bare_tcp", bareExchange, ratioAtMost(1.5)),
		create("with_role/clients=0", "create a client with a role, few there", "ms_bare_tcp", bareExchange+", one command", ratioAtMost(1.5)),
		create("with_role/clients=2000", "the same, 2,000 there", "ms_bare_tcp", bareExchange+", one command", ratioAtMost(1.5)),
		create("plain/clients=0", "create a client over HTTP, few there", "ms_ctrl_stock", stockCtrl, fasterAtLeast25()),
		create("plain/clients=0", "the same", "ms_ctrl", "a `mosquitto_ctrl` process, BunkerM's broker", fasterAtLeast25()),
		create("plain/clients=2000", "the same, 2,000 there", "ms_ctrl_stock", stockCtrl, fasterAtLeast25()),
		{subject: subject, what: "a page of 50 out of 20,000 with a filter, the slowest of four kinds", figures: list[:4], unit: "ms", reference: "`listClients` without a filter", against: list[4], mark: atMost(5)},
		{subject: subject, what: "import 2,000 clients, live", figures: importing[:1], unit: "s", reference: "the bare exchange, 100 commands a message", against: importing[1], mark: ratioAtMost(1.2)},
	}
}

func observing() []row {
	const subject = "Seeing every message"
	flood := program("Flood", "msg/s", "msg/s-mosquitto_sub", "lost", "broker-µs", "broker-µs-mosquitto_sub", "broker-µs-nobody")
	steady := program("Steady", "broker-µs", "broker-µs-mosquitto_sub", "broker-µs-nobody", "lost")
	return []row{
		{subject: subject, what: "taking a flood of small messages, everything on", figures: flood[:1], unit: "/s", reference: "`mosquitto_sub` writing to /dev/null", against: flood[1], mark: ratioAtLeast(0.8)},
		{subject: subject, what: "messages lost in it", figures: flood[2:3], mark: atMost(0)},
		{subject: subject, what: "the broker's CPU time for a message of the flood, with us", figures: flood[3:4], unit: "µs", reference: "with one `mosquitto_sub`", against: flood[4], mark: ratioAtMost(1.1)},
		{subject: subject, what: "the same", figures: flood[3:4], unit: "µs", reference: "with nobody subscribed", against: flood[5], mark: statedOnly()},
		{subject: subject, what: "the broker's CPU time for a message at 10,000 a second, with us", figures: steady[:1], unit: "µs", reference: "with one `mosquitto_sub`", against: steady[1], mark: ratioAtMost(1.1)},
		{subject: subject, what: "the same", figures: steady[:1], unit: "µs", reference: "with nobody subscribed", against: steady[2], mark: statedOnly()},
		{subject: subject, what: "messages lost at that rate", figures: steady[3:], mark: atMost(0)},
	}
}

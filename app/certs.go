package app

import (
	"context"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bunkerm/bunkerm/auth"
	"github.com/bunkerm/bunkerm/broker"
	"github.com/bunkerm/bunkerm/certs"
	"github.com/bunkerm/bunkerm/config"
	"github.com/bunkerm/bunkerm/fault"
)

// openCerts makes the service that keeps certificates and has the broker use them.
func (a *App) openCerts() error {
	o := certs.Options{
		Dir: certsDir(a.opts.DataDir), Logger: component(a.logger, "certs"), Actor: auth.Actor, Record: a.record,
		GivenCert: a.opts.MQTTCert, GivenKey: a.opts.MQTTKey,
	}
	if a.managed != nil {
		o.Install = a.managed.InstallCertificate
		o.Disconnect, o.Own = a.endSessions, []string{broker.OwnUsername}
	}
	if a.managed != nil || a.host != nil {
		o.Listeners, o.Unapplied = a.listenerFiles, a.config.Unapplied
		o.Reload = func(ctx context.Context) error {
			_, err := a.config.Reload(ctx, "")
			return err
		}
		o.Restart = func(ctx context.Context) error {
			_, err := a.config.Restart(ctx, "")
			return err
		}
	}
	var err error
	a.certs, err = certs.Open(o)
	return err
}

// restoreCertificates gives the broker its files of certificates once more where somebody has removed them. It comes before the
// broker, and so before the service that has them otherwise.
func (a *App) restoreCertificates(ctx context.Context, missing []string, install func(name string, text []byte) error) {
	if err := certs.Restore(ctx, certs.Options{
		Dir: certsDir(a.opts.DataDir), Logger: component(a.logger, "certs"), Install: install, GivenCert: a.opts.MQTTCert, GivenKey: a.opts.MQTTKey,
	}, missing, a.notice); err != nil {
		a.notice("The broker's certificates cannot be made anew: " + Explain(err))
	}
}

// endSessions ends the sessions of a username whose certificate was revoked.
func (a *App) endSessions(ctx context.Context, username string) error {
	return a.dynsec.EndSessions(ctx, username)
}

// listenerFiles are the broker's listeners as certs wants them.
func (a *App) listenerFiles() ([]certs.Listener, error) {
	all, err := a.config.ListenerFiles()
	listeners := make([]certs.Listener, len(all))
	for i, l := range all {
		listeners[i] = certs.Listener{
			Name: l.Name, Address: l.Address, Port: l.Port, Websockets: l.Protocol == "websockets", TLS: l.TLS,
			ClientCerts: l.ClientCertificates, NameFromCert: l.NameFromCert,
			Cert: certs.File(l.Cert), Key: certs.File(l.Key), CA: certs.File(l.CA), Revoked: certs.File(l.Revoked),
		}
	}
	return listeners, err
}

// ensureWithin bounds how long a start may take for listeners that are added; each is a change with a trial and a proof.
const ensureWithin = time.Minute

// wantedListener is one that a setting asks for.
type wantedListener struct {
	flag, listen string
	websockets   bool
	settings     [][2]string
}

func (o Options) secureListeners() []wantedListener {
	server := certs.BrokerFile(certs.BrokerServer)
	tls := [][2]string{{"certfile", server}, {"keyfile", server}}
	return []wantedListener{
		{"--mqtts-listen", o.MQTTSListen, false, tls},
		{"--wss-listen", o.WSSListen, true, append([][2]string{{"protocol", "websockets"}}, tls...)},
		{"--mtls-listen", o.MTLSListen, false, append(tls[:2:2], [2]string{"cafile", certs.BrokerFile(certs.BrokerCA)},
			[2]string{"crlfile", certs.BrokerFile(certs.BrokerRevoked)}, [2]string{"require_certificate", "true"}, [2]string{"use_identity_as_username", "true"})},
	}
}

// ensureListeners adds the TLS listeners that the settings ask for and mosquitto.conf lacks. One that cannot be added is told;
// the broker runs on without it.
func (a *App) ensureListeners(ctx context.Context) {
	if a.managed == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ensureWithin)
	defer cancel()
	if a.opts.MQTTCert != "" {
		if err := a.certs.Given(); err != nil {
			a.notice("--mqtt-cert: " + Explain(err))
		}
	} else if err := a.ensureServer(ctx); err != nil {
		a.notice("the broker's certificate is not renewed: " + Explain(err))
	}
	var missing []config.NewListener
	var wanted []wantedListener
	for _, w := range a.opts.secureListeners() {
		if w.listen == "" {
			continue
		}
		l, there, err := a.missingListener(ctx, w)
		if err != nil {
			a.notice(w.String() + " is not there: " + Explain(err))
			a.asked.lacks(w, err)
		} else if !there {
			missing, wanted = append(missing, l), append(wanted, w)
		}
	}
	if len(missing) > 1 {
		var flags []string
		for _, w := range wanted {
			flags = append(flags, w.String())
		}
		// As one change, because each disconnects everybody; one that cannot be had must not cost the others.
		if a.config.AddListeners(ctx, missing, strings.Join(flags, " ")) == nil {
			return
		}
	}
	for i, w := range wanted {
		if err := a.addListener(ctx, w, missing[i]); err != nil {
			a.notice(w.String() + " could not be added: " + Explain(err))
			a.asked.lacks(w, err)
		}
	}
}

// addListener adds a listener. Where any port will do it tries some: that for websockets cannot be had as long as an ended
// connection of anybody's lingers on it, which nobody can see before.
func (a *App) addListener(ctx context.Context, w wantedListener, l config.NewListener) error {
	const tries = 5
	_, port, _ := net.SplitHostPort(w.listen) // which haveListener has done
	for try := 1; ; try++ {
		err := a.config.AddListeners(ctx, []config.NewListener{l}, w.String())
		if err == nil || port != "0" || try == tries || !fault.Is(err, fault.Refused) {
			return err
		}
		if l.Port, err = freePort(ctx, l.Address); err != nil {
			return err
		}
	}
}

// ensureServer makes a certificate where a listener uses ours and there is none, as when --mqtt-cert has been taken away: the broker
// still has a copy of that, which nobody renews any more.
func (a *App) ensureServer(ctx context.Context) error {
	all, err := a.listenerFiles()
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.Cert.Name == certs.BrokerFile(certs.BrokerServer) {
			return a.certs.Ensure(ctx)
		}
	}
	return nil
}

// missingListener finds out whether mosquitto.conf has a listener, and prepares the one that is missing.
func (a *App) missingListener(ctx context.Context, w wantedListener) (l config.NewListener, there bool, err error) {
	port, there, err := a.haveListener(w)
	if err != nil || there {
		return l, there, err
	}
	host, _, _ := net.SplitHostPort(w.listen) // which haveListener has done
	if a.opts.MQTTCert == "" || w.mutual() {
		if err := a.certs.Ensure(ctx); err != nil {
			return l, false, err
		}
	}
	if port == 0 {
		if port, err = freePort(ctx, host); err != nil {
			return l, false, fault.Newf(fault.Invalid, "there is no port to be had on %s %s", w.flag, w.listen).Because(err)
		}
	}
	return config.NewListener{Address: host, Port: port, Settings: w.settings}, false, nil
}

// haveListener finds out whether mosquitto.conf has a listener, and on which port it is wanted.
func (a *App) haveListener(w wantedListener) (port int, there bool, err error) {
	host, text, err := net.SplitHostPort(w.listen)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil {
		return 0, false, fault.Newf(fault.Invalid, "%s %q is not an address", w.flag, w.listen).Because(err)
	}
	all, err := a.listenerFiles()
	if err != nil {
		return port, false, err
	}
	for _, have := range all {
		if have.Address != host || have.Port != port && port != 0 {
			continue
		}
		if have.TLS && have.Websockets == w.websockets && have.ClientCerts == w.mutual() {
			return port, true, nil
		}
		if port != 0 {
			return port, false, fault.Newf(fault.Conflict, "mosquitto.conf has a listener of another kind on port %d", port).
				Hint("choose another port, or change that listener on the page Configuration")
		}
	}
	return port, false, nil
}

func (w wantedListener) String() string { return w.flag + " " + w.listen }

// mutual tells that its clients show certificates too.
func (w wantedListener) mutual() bool { return w.flag == "--mtls-listen" }

// freePort asks the kernel for a port on an address of this host.
func freePort(ctx context.Context, host string) (int, error) {
	var c net.ListenConfig
	ln, err := c.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	addr, _ := ln.Addr().(*net.TCPAddr)
	return addr.Port, ln.Close()
}

// certsDir is where the authority and its certificates are kept.
func certsDir(dataDir string) string { return filepath.Join(dataDir, "certs") }

// certificateMetrics are when certificates end, for Prometheus.
type certificateMetrics struct {
	app *App
	end *prometheus.Desc
}

func (a *App) certificateMetrics() prometheus.Collector {
	return &certificateMetrics{a, prometheus.NewDesc("bunkerm_certificate_not_after_timestamp_seconds",
		"When a certificate ends, in seconds since 1970: of the broker's listeners by file, the authority, the server, and clients.",
		[]string{"certificate"}, nil)}
}

// Describe implements prometheus.Collector.
func (m *certificateMetrics) Describe(out chan<- *prometheus.Desc) { out <- m.end }

// Collect implements prometheus.Collector.
func (m *certificateMetrics) Collect(out chan<- prometheus.Metric) {
	ends := map[string]time.Time{}
	for _, c := range m.app.config.Certificates() {
		ends[c.File] = c.NotAfter
	}
	for _, e := range m.app.certs.Expiries() {
		ends[e.Name] = e.NotAfter
	}
	for name, end := range ends {
		out <- prometheus.MustNewConstMetric(m.end, prometheus.GaugeValue, float64(end.Unix()), name)
	}
}

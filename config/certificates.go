package config

import "time"

// Certificate is a listener's certificate, and how long it holds.
type Certificate struct {
	File     string // as the configuration names it
	NotAfter time.Time
}

// Certificates are those of the broker's listeners. What cannot be read is left out: the page Configuration says why.
func (s *Service) Certificates() []Certificate {
	if s.o.Site == nil {
		return nil
	}
	now, err := s.look()
	if err != nil {
		return nil
	}
	from, err := openFolder(s.o.BrokerDir)
	if err != nil {
		return nil
	}
	defer from.close()
	var all []Certificate
	seen := map[string]bool{}
	for _, l := range now.config.Listeners() {
		line := settingOf(l, "certfile")
		if line == nil || seen[line.Value] {
			continue
		}
		seen[line.Value] = true
		text, err := from.readSmall(line.Value)
		if err != nil {
			continue
		}
		if cert, err := firstCertificate(text); err == nil {
			all = append(all, Certificate{File: line.Value, NotAfter: cert.NotAfter.UTC()})
		}
	}
	return all
}

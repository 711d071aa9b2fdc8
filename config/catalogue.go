package config

import "github.com/bunkerm/bunkerm/broker/conf"

// Catalogue is every setting that there is.
type Catalogue struct {
	Broker   string              `json:"broker" doc:"Version of the broker that reload and available are said for; empty where it is unknown"`
	Settings []SettingDefinition `json:"settings" nullable:"false" doc:"By key"`
}

// SettingDefinition is what is known of a setting.
type SettingDefinition struct {
	Key          string   `json:"key"`
	Type         string   `json:"type" enum:"bool,int,enum,string,words"`
	Min          *int64   `json:"min,omitempty" doc:"Of an int"`
	Max          *int64   `json:"max,omitempty" doc:"Of an int"`
	Values       []string `json:"values,omitempty" nullable:"false" doc:"Of an enum"`
	Default      *string  `json:"default" doc:"What holds without the line; null where nothing does"`
	Scopes       []string `json:"scopes" nullable:"false" doc:"global, listener, bridge, plugin"`
	Many         bool     `json:"many" doc:"Each line adds something"`
	Since        string   `json:"since,omitempty" doc:"First version that knows it, where not all do"`
	Deprecated   string   `json:"deprecated,omitempty" doc:"Since which version it should not be used"`
	DeprecatedBy string   `json:"deprecated_by,omitempty" doc:"What to use instead"`
	Help         string   `json:"help"`
	Secret       bool     `json:"secret"`
	Path         string   `json:"path,omitempty" doc:"Names a file or folder: what the broker does with it"`
	Dangerous    bool     `json:"dangerous" doc:"Cannot be set here unless --allow-dangerous-settings was given"`
	Reload       string   `json:"reload" enum:"live,restart" doc:"How a change of it reaches this broker"`
	Available    bool     `json:"available" doc:"Whether this broker knows it"`
}

// Catalogue lists the settings for the broker's version.
func (s *Service) Catalogue() Catalogue {
	version := s.confVersion()
	all := Catalogue{Broker: s.brokerVersion(), Settings: []SettingDefinition{}}
	for _, d := range conf.Definitions() {
		a := SettingDefinition{
			Key: d.Key, Type: string(d.Type), Values: d.ValuesIn(version), Default: d.DefaultIn(version), Scopes: append([]string{}, d.Scopes...), Many: d.Many,
			DeprecatedBy: d.DeprecatedBy, Help: d.Help, Secret: d.Secret, Path: string(d.Path), Dangerous: d.Dangerous,
			Reload: "restart", Available: d.In(version),
		}
		if d.Type == conf.Int {
			lowest, highest := d.Range(version)
			a.Min, a.Max = &lowest, &highest
		}
		if d.Live(version) {
			a.Reload = "live"
		}
		a.Since, a.Deprecated = versionText(d.Since), versionText(d.Deprecated)
		all.Settings = append(all.Settings, a)
	}
	return all
}

// versionText is empty for no version.
func versionText(v conf.Version) string {
	if v == (conf.Version{}) {
		return ""
	}
	return v.String()
}

package config

import (
	"time"

	"github.com/bunkerm/bunkerm/config/dynsecfile"
)

// BrokerConfig is mosquitto.conf with the files that it includes.
type BrokerConfig struct {
	Text      string         `json:"text" doc:"The main file"`
	Files     []ConfFile     `json:"files" nullable:"false" doc:"All files, the main one first, in the order in which the broker reads them"`
	Version   int64          `json:"version" doc:"Number of the version that these files are; 0 while there is none"`
	Broker    string         `json:"broker" doc:"Version of the broker that the files are read for, as in 2.0.11; empty where it is unknown"`
	Settings  []ConfSetting  `json:"settings" nullable:"false" doc:"What the files set, in the order in which the broker reads it"`
	Listeners []ConfListener `json:"listeners" nullable:"false" doc:"Where clients connect"`
	Bridges   []ConfBridge   `json:"bridges" nullable:"false" doc:"Connections to other brokers"`
	Problems  []ConfProblem  `json:"problems" nullable:"false" doc:"What is to be said about the files"`
	Pending   *ConfPending   `json:"pending" doc:"How the files differ from what the broker runs with; null when they do not"`
	Allowed   ConfAllowed    `json:"allowed" doc:"What may be changed here"`
}

// ConfFile is one file of the configuration.
type ConfFile struct {
	Name     string `json:"name" doc:"Relative to the broker's directory, or absolute"`
	Text     string `json:"text"`
	Editable bool   `json:"editable" doc:"Whether it may be changed here"`
	WhyNot   string `json:"why_not,omitempty" doc:"Why it may not be"`
	Ours     bool   `json:"ours" doc:"BunkerM writes it"`
}

// ConfSetting is one line that sets something.
type ConfSetting struct {
	Key     string  `json:"key"`
	Value   string  `json:"value" doc:"«unchanged» for a secret"`
	File    string  `json:"file"`
	Line    int     `json:"line" doc:"From 1"`
	Scope   string  `json:"scope" doc:"global, listener:PORT, listener:PORT@ADDRESS, listener:PATH, bridge:NAME or plugin:NAME"`
	Known   bool    `json:"known" doc:"Whether the catalogue has it"`
	Default *string `json:"default,omitempty" doc:"What holds without the line"`
	Reload  string  `json:"reload" enum:"live,restart" doc:"How a change of it reaches this broker"`
	Secret  bool    `json:"secret" doc:"Its value is not shown"`
}

// ConfListener is a place where clients connect.
type ConfListener struct {
	Scope    string        `json:"scope" doc:"For changes"`
	Port     int           `json:"port" doc:"0 for a unix socket"`
	Address  string        `json:"address" doc:"Empty for all addresses, or the path of a unix socket"`
	Protocol string        `json:"protocol" doc:"mqtt, websockets or http_api"`
	TLS      bool          `json:"tls"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Ours     bool          `json:"ours" doc:"BunkerM's own way to the broker"`
	Settings []ConfSetting `json:"settings" nullable:"false" doc:"What is set for it"`
}

// ConfBridge is a connection to another broker.
type ConfBridge struct {
	Scope    string        `json:"scope" doc:"For changes"`
	Name     string        `json:"name"`
	Address  string        `json:"address"`
	TLS      bool          `json:"tls"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Settings []ConfSetting `json:"settings" nullable:"false"`
}

// ConfProblem is something to be said about a line.
type ConfProblem struct {
	File     string `json:"file" doc:"Empty where it is about the whole"`
	Line     int    `json:"line" doc:"From 1; 0 where no line is meant"`
	Severity string `json:"severity" enum:"error,warning,notice" doc:"An error keeps a change from being applied"`
	Key      string `json:"key,omitempty" doc:"The setting"`
	Message  string `json:"message" doc:"What is the matter"`
	Hint     string `json:"hint,omitempty" doc:"What can be done about it"`
	Source   string `json:"source" enum:"check,broker" doc:"Who says so: our own checks, or the broker's program that tried a copy out"`
}

// ConfEffect is how a change reaches the broker.
type ConfEffect struct {
	Kind    string         `json:"kind" enum:"none,reload,restart"`
	Reasons []EffectReason `json:"reasons" nullable:"false" doc:"Which settings ask for it"`
}

// EffectReason is a setting that has changed.
type EffectReason struct {
	Key   string `json:"key"`
	Scope string `json:"scope"`
	Kind  string `json:"kind" enum:"reload,restart"`
	Why   string `json:"why"`
}

// ConfPending is how the files on disk differ from what the broker runs with.
type ConfPending struct {
	Effect  ConfEffect `json:"effect"`
	Message string     `json:"message"`
}

// ConfAllowed is what may be changed here, for the one who asks and at this broker.
type ConfAllowed struct {
	Write     bool   `json:"write" doc:"The files may be changed"`
	Process   bool   `json:"process" doc:"The broker may be restarted"`
	Secrets   bool   `json:"secrets" doc:"Secrets may be shown"`
	Dangerous bool   `json:"dangerous" doc:"--allow-dangerous-settings was given"`
	WhyNot    string `json:"why_not,omitempty" doc:"Why the files may not be changed"`
}

// BrokerChange is a change of the configuration, in one of three forms.
type BrokerChange struct {
	Text    *string         `json:"text,omitempty" doc:"The main file as a whole"`
	Files   []FileText      `json:"files,omitempty" nullable:"false" maxItems:"100" doc:"Files as a whole; a file that is not named stays"`
	Changes []SettingChange `json:"changes,omitempty" nullable:"false" maxItems:"1000" doc:"Single lines; all others stay byte for byte"`
	Comment string          `json:"comment,omitempty" maxLength:"500" doc:"Why, for the list of versions"`
}

// FileText is a file as it should be.
type FileText struct {
	Name   string `json:"name" maxLength:"4096"`
	Text   string `json:"text"`
	Remove bool   `json:"remove,omitempty" doc:"Remove the file; only one that is included"`
}

// SettingChange is a change of one line.
type SettingChange struct {
	Op       string `json:"op" enum:"set,add,remove" doc:"set replaces the value, or adds the line where there is none; add adds another line; remove removes the line"`
	Scope    string `json:"scope,omitempty" maxLength:"4096" doc:"global when empty; a setting's scope as GET shows it"`
	Key      string `json:"key" maxLength:"200"`
	Value    string `json:"value,omitempty" maxLength:"65536"`
	OldValue string `json:"old_value,omitempty" maxLength:"65536" doc:"Which of several lines with this key is meant"`
	File     string `json:"file,omitempty" maxLength:"4096" doc:"Which file, where the scope is in several"`
}

// Checked is what is to be said about a change.
type Checked struct {
	Problems []ConfProblem `json:"problems" nullable:"false"`
	Diff     []FileDiff    `json:"diff" nullable:"false" doc:"Secrets read «unchanged»"`
	Effect   ConfEffect    `json:"effect"`
	Tried    bool          `json:"tried" doc:"Whether the broker's program has tried a copy out"`
	Skipped  []string      `json:"skipped" nullable:"false" doc:"What the trial left out"`
	Files    []ConfFile    `json:"files" nullable:"false" doc:"The files as they would be"`
}

// FileDiff is how one file differs.
type FileDiff struct {
	File   string     `json:"file"`
	Status string     `json:"status" enum:"added,changed,removed"`
	Hunks  []DiffHunk `json:"hunks" nullable:"false"`
}

// DiffHunk is a run of lines around changes.
type DiffHunk struct {
	Lines []DiffLine `json:"lines" nullable:"false"`
}

// DiffLine is one line of a hunk.
type DiffLine struct {
	Op   string `json:"op" enum:"same,added,removed"`
	Old  int    `json:"old" doc:"Line before, from 1; 0 for one that was added"`
	New  int    `json:"new" doc:"Line after, from 1; 0 for one that was removed"`
	Text string `json:"text"`
}

// Changed is what a change has done.
type Changed struct {
	Version  int64         `json:"version" doc:"Number of the version that it is"`
	Diff     []FileDiff    `json:"diff" nullable:"false"`
	Problems []ConfProblem `json:"problems" nullable:"false" doc:"What is still to be said about it"`
	Effect   string        `json:"effect" enum:"none,reload,restart" doc:"How it reached the broker"`
	Applied  bool          `json:"applied" doc:"The broker runs with it; false for a draft"`
	TookMS   int64         `json:"took_ms" doc:"Milliseconds from the first write to the end of the proof"`
	Broker   BrokerState   `json:"broker"`
}

// BrokerState is how the broker is after a change.
type BrokerState struct {
	State   string `json:"state"`
	Version string `json:"version,omitempty"`
}

// Restarted is what a restart or a reload has done.
type Restarted struct {
	State          string         `json:"state" doc:"running"`
	TookMS         int64          `json:"took_ms" doc:"Milliseconds until the broker answered again"`
	SessionsBefore *int           `json:"sessions_before" doc:"Connected clients before, ours left out; null where that is unknown"`
	SessionsAfter  *int           `json:"sessions_after" doc:"Connected clients when the answer was written: after a restart some seconds are given to them"`
	NeedRestart    []EffectReason `json:"need_restart" nullable:"false" doc:"Of a reload: settings that have changed and wait for a restart"`
	Version        int64          `json:"version" doc:"Number of the version that the broker runs with; 0 while there is none"`
}

// DynsecProblem is something to be said about a dynamic security file.
type DynsecProblem dynsecfile.Problem

// DynsecDiff is how one dynamic security file differs from another.
type DynsecDiff dynsecfile.Diff

// DynsecChanged is what a dynamic security file changes, or has changed.
type DynsecChanged struct {
	Diff             DynsecDiff      `json:"diff"`
	Problems         []DynsecProblem `json:"problems" nullable:"false"`
	Effect           string          `json:"effect" enum:"none,live,restart"`
	Reasons          []string        `json:"reasons" nullable:"false" doc:"Why a restart is needed"`
	Disconnects      []string        `json:"disconnects" nullable:"false" doc:"The first 200 clients whose sessions end; a restart ends everybody's"`
	DisconnectsTotal int             `json:"disconnects_total" doc:"How many there are"`
	Applied          bool            `json:"applied"`
	Version          int64           `json:"version" doc:"Number of the version that it is; 0 for a dry run"`
}

// ConfVersion is one entry in the list of versions.
type ConfVersion struct {
	ID      int64     `json:"id"`
	File    string    `json:"file" enum:"broker,dynsec"`
	Time    time.Time `json:"time"`
	Actor   string    `json:"actor" doc:"Who wrote it; empty for BunkerM itself and for changes from outside"`
	Source  string    `json:"source" enum:"change,restore,outside,start,before,import" doc:"outside: somebody changed the files on disk. start: what was there when BunkerM first looked. before: what was live before a change of the dynamic security file. import: what an import of clients or access files has made of that file"`
	Comment string    `json:"comment" doc:"Why"`
	State   string    `json:"state" enum:"draft,applying,applied,put_back,interrupted" doc:"put_back: the broker did not take it. interrupted: it was cut off while it was applied; the detail says what became of it"`
	Detail  string    `json:"detail" doc:"What the broker said, where it did not take it"`
	Live    bool      `json:"live" doc:"The files on disk are these"`
	Bytes   int64     `json:"bytes" doc:"Of all files together"`
	Added   int       `json:"added" doc:"Lines or entries that the version before did not have"`
	Removed int       `json:"removed" doc:"Lines or entries that the version before had"`
}

// VersionPage is a page of versions.
type VersionPage struct {
	Versions   []ConfVersion `json:"versions" nullable:"false" doc:"Newest first"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"For the page behind; absent at the end"`
	Total      int64         `json:"total"`
}

// VersionDetail is a version with its texts.
type VersionDetail struct {
	Version ConfVersion `json:"version"`
	Files   []ConfFile  `json:"files" nullable:"false" doc:"Secrets read «unchanged»; for dynsec the one file"`
	Against string      `json:"against" doc:"What it is compared with: live, or the number of a version; empty where there is nothing to compare with"`
	Diff    []FileDiff  `json:"diff" nullable:"false" doc:"From the other to this one, for broker"`
	Dynsec  *DynsecDiff `json:"dynsec" doc:"The same, for dynsec; null for broker"`
}

// Restored is what a restore has done: one of the two.
type Restored struct {
	Broker *Changed       `json:"broker"`
	Dynsec *DynsecChanged `json:"dynsec"`
}

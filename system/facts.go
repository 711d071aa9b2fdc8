package system

import "time"

// Facts are what the parts of the program know about themselves at one moment.
type Facts struct {
	Mode          string         `json:"mode" enum:"managed,attached" doc:"Whether the broker is ours to start and stop"`
	Broker        BrokerFacts    `json:"broker" doc:"The broker"`
	Parts         []PartFacts    `json:"parts" nullable:"false" doc:"The same as /readyz tells"`
	Queues        []QueueFacts   `json:"queues" nullable:"false" doc:"What waits inside BunkerM, and what was thrown away because it could not wait"`
	Database      DatabaseFacts  `json:"database" doc:"Events, history and settings"`
	Backup        BackupFacts    `json:"backup" doc:"What could be restored"`
	DiskFreeBytes *int64         `json:"disk_free_bytes" doc:"Free where the database lies; null where it cannot be asked"`
	Features      []FeatureFacts `json:"features" nullable:"false" doc:"What can be had of this broker"`
}

// BrokerFacts is the broker as BunkerM has it.
type BrokerFacts struct {
	Version string `json:"version" doc:"Of Mosquitto; empty when it does not say"`
	Address string `json:"address" doc:"Where MQTT clients reach it: host and port; the host is empty or unspecified where every address of the host will do"`
	TLS     bool   `json:"tls" doc:"Whether that address speaks TLS"`
	State   string `json:"state" doc:"Of the session through which BunkerM orders: connected when the dynamic security plugin answers"`
	Log     string `json:"log" doc:"Where its log comes from: keeper, file or topic"`
	// Other is somebody else where clients look first.
	Other string `json:"other,omitempty" doc:"The program that has port 1883 of this host, where it is not this broker: clients that name no port talk to that one"`
}

// PartFacts is how one part is.
type PartFacts struct {
	Name   string `json:"name" doc:"The part"`
	State  string `json:"state" doc:"One word"`
	Detail string `json:"detail,omitempty" doc:"What is the matter; absent when all is well"`
	Hint   string `json:"hint,omitempty" doc:"What the operator can do about it"`
	Ready  bool   `json:"ready" doc:"Whether it can be used"`
}

// QueueFacts is what waits in one place.
type QueueFacts struct {
	Name    string `json:"name" doc:"Who takes from it"`
	Unit    string `json:"unit" enum:"bytes,rows" doc:"What queued and limit count"`
	Queued  int64  `json:"queued" doc:"What waits now"`
	Limit   *int64 `json:"limit" doc:"What may wait at most; null where it depends on the size of what waits"`
	Dropped int64  `json:"dropped" doc:"Messages or rows thrown away since the start"`
}

// DatabaseFacts is the database.
type DatabaseFacts struct {
	State      string      `json:"state" enum:"recording,paused,failing" doc:"Whether what happens is stored"`
	Detail     string      `json:"detail,omitempty" doc:"What is the matter; absent while recording"`
	Hint       string      `json:"hint,omitempty" doc:"What the operator can do about it"`
	Bytes      int64       `json:"bytes" doc:"The file, with what is not merged into it yet"`
	UsedBytes  int64       `json:"used_bytes" doc:"Of the file, without free pages; 0 before it was measured"`
	LimitBytes int64       `json:"limit_bytes" doc:"What used_bytes may be; 0 before it was measured"`
	FloorBytes int64       `json:"floor_bytes" doc:"Recording stops when less than this is free on the disk"`
	Kinds      []KindFacts `json:"kinds" nullable:"false" doc:"What is in it"`
}

// BackupFacts is how the nightly backups are going.
type BackupFacts struct {
	Keep       int        `json:"keep" doc:"How many are kept; 0: none is made"`
	Last       *time.Time `json:"last" doc:"When the latest was made; null where there is none"`
	AgeSeconds *int64     `json:"age_seconds" doc:"How old that is"`
	Bytes      int64      `json:"bytes" doc:"How large that is"`
	Next       *time.Time `json:"next" doc:"When the next one is due; null where none is made"`
	Detail     string     `json:"detail,omitempty" doc:"Why the last try has failed; absent when it has worked"`
	Hint       string     `json:"hint,omitempty" doc:"What the operator can do about it"`
}

// KindFacts is one kind of rows in the database.
type KindFacts struct {
	Name       string     `json:"name" doc:"The kind"`
	Rows       int64      `json:"rows" doc:"How many, up to a minute ago"`
	Bytes      int64      `json:"bytes" doc:"About how much they take"`
	LimitBytes int64      `json:"limit_bytes" doc:"Their share of the limit; they may take more while there is room"`
	Oldest     *time.Time `json:"oldest" doc:"Null where there is nothing"`
	AgeSeconds int64      `json:"age_seconds" doc:"How long rows are kept; 0: until room is needed"`
	Trimmed    int64      `json:"trimmed" doc:"Rows thrown away since the start, because they were too old or too many"`
}

// FeatureFacts says whether something can be had of this broker.
type FeatureFacts struct {
	Feature   string `json:"feature" doc:"What it is, in a few words"`
	Available bool   `json:"available" doc:"Whether it works here"`
	WhyNot    string `json:"why_not,omitempty" doc:"Why not, or only under which condition"`
}

package series

import (
	"math"
	"unsafe"

	"github.com/bunkerm/bunkerm/anomaly/detect"
	"github.com/bunkerm/bunkerm/anomaly/extract"
)

// MostFields is how many fields of one topic are followed; devices that invent names for them get no further.
const MostFields = extract.MostFields

// Topic is everything that is known of one topic.
type Topic struct {
	Name     string
	First    int64 // when its first message came
	Last     int64 // and its last one
	Messages int64 // that were published; what the broker had kept is none of them
	Left     int64 // fields that were not followed, because there were too many

	fields  []*Field
	silence detect.Silence
	arrives rate
	traffic traffic
	size    size
	joint   *joint
	shape   map[string]*detect.Shape
	silent  bool
	said    verdicts // about the topic as a whole
	newest  float32  // the highest score of the last message
}

// topicBytes is what a topic costs without its fields and its name.
const topicBytes = int(unsafe.Sizeof(Topic{})) + 64 // its place in a table

// NewTopic returns a topic of which nothing is known.
func NewTopic(c *Context, name string) *Topic {
	c.Grown += topicBytes + len(name)
	return &Topic{Name: name, First: c.At}
}

// Message takes a message in whose payload was read by x; size is that of the payload in bytes, which may be more than what
// could be read.
func (t *Topic) Message(c *Context, fields []extract.Field, size int) {
	found := len(c.Found)
	t.arrive(c)
	t.size.take(c, t, size)
	t.observe(c, fields)
	t.took(c, found)
}

// took notes that a message is through; found is how many findings there were before it.
func (t *Topic) took(c *Context, found int) {
	t.Last = c.At
	t.Messages++
	t.newest = 0
	for _, f := range c.Found[found:] {
		t.newest = max(t.newest, float32(f.Score))
	}
}

// arrive is about that a message came, whatever is in it.
func (t *Topic) arrive(c *Context) {
	t.First = min(t.First, c.At) // the clock may have been put back
	if t.silent {
		t.silent = false
		c.Found = append(c.Found, Finding{Kind: Silence, At: c.At, Over: true})
	}
	t.silence.Arrive(c.At, c.Week)
	t.arrives.take(c.At)
	t.traffic.take(c, t)
}

// observe hands the values to their fields. Fields come in the same order again and again, so each is looked for where the
// one before was found.
func (t *Topic) observe(c *Context, values []extract.Field) {
	place, met := 0, 0
	var there [MostFields]bool
	for i := range values {
		at := t.find(values[i].Path, place)
		if at < 0 {
			if len(t.fields) >= MostFields {
				t.Left++
				continue
			}
			f := &Field{Path: string(values[i].Path)}
			c.Grown += fieldBytes + len(f.Path)
			t.fields = append(t.fields, f)
			at = len(t.fields) - 1
		}
		f := t.fields[at]
		f.observe(c, &values[i])
		if values[i].Kind != extract.Null {
			there[at] = true
			met++
			f.absence.there(c, f)
		}
		place = at + 1
	}
	if met < len(t.fields) {
		for i, f := range t.fields {
			if !there[i] {
				f.absence.gone(c, f)
			}
		}
	}
	if c.Deep {
		t.deeper(c, there[:len(t.fields)])
	}
}

func (t *Topic) find(path []byte, from int) int {
	for i := range t.fields {
		at := from + i
		if at >= len(t.fields) {
			at -= len(t.fields)
		}
		if t.fields[at].Path == string(path) {
			return at
		}
	}
	return -1
}

// leastSilence is how long a topic may be silent whatever it is used to: nobody wants to hear of three seconds.
const leastSilence = 10 * secondMs

// ripe reports whether the topic has been there for long enough to be missed: two hundred messages within a second are one burst.
func (t *Topic) ripe() bool { return t.Messages >= Samples && t.Last-t.First >= (Samples-1)*secondMs }

// Due is when the topic is to be looked at again if nothing comes: when its silence becomes strange, or one of its states
// may last too long. ok is false where there is nothing to wait for.
func (t *Topic) Due(c *Context) (at int64, ok bool) {
	if d, known := t.silence.Deadline(t.silenceThreshold(c), c.Week); known && t.ripe() {
		at, ok = max(d, t.silence.Last()+leastSilence), true
		if t.silent {
			at = c.At + silentEvery
		}
	}
	for _, f := range t.fields {
		if s := f.states; s != nil && !s.many && f.samples >= Samples {
			if next := c.At + dwellEvery; !ok || next < at {
				at, ok = next, true
			}
		}
	}
	return at, ok
}

// silentEvery is how often a silence that has been found is looked at again: the longer it lasts the stranger it is.
const silentEvery = 30 * secondMs

// dwellEvery is how often states are looked at that nobody sends.
const dwellEvery = 30 * secondMs

// Check looks at what becomes strange by time alone.
func (t *Topic) Check(c *Context) {
	for _, f := range t.fields {
		f.dwell(c)
	}
	if !t.ripe() || c.At-t.silence.Last() < leastSilence {
		return
	}
	threshold := t.silenceThreshold(c)
	if due, ok := t.silence.Deadline(threshold, c.Week); !ok || c.At < due {
		return
	}
	r := t.silence.Score(c.At, c.Week)
	t.silent = true
	c.find(Finding{
		Kind: Silence, Since: t.silence.Last(), Score: max(r.Score, threshold), Threshold: threshold,
		Value: float64(c.At-t.silence.Last()) / secondMs, Expected: r.Expected, High: r.Spread,
	})
}

func (t *Topic) silenceThreshold(c *Context) float64 { return t.arrives.threshold(c, t.said) }

// Missed says that messages may have passed by unseen until now: what is silent is silent from now on, and what has lasted
// has lasted unseen.
func (t *Topic) Missed(at int64) {
	if t.Messages == 0 {
		return
	}
	t.silence.Missed(at)
	t.arrives.last = 0
	t.traffic.begun = 0
	t.silent = false
}

// Slim takes away what the topic can do without, and returns how many bytes that was.
func (t *Topic) Slim() (freed int) {
	for _, f := range t.fields {
		freed += f.slim()
	}
	return freed
}

// Bytes is how much memory the topic takes, as the sum of what c.Grown was told.
func (t *Topic) Bytes() int {
	n := topicBytes + len(t.Name)
	if t.traffic.detector != nil {
		n += burstBytes
	}
	if t.joint != nil {
		n += jointBytes
	}
	n += len(t.shape) * shapeBytes
	for _, f := range t.fields {
		n += fieldBytes + len(f.Path) + f.trend.bytes()
		if f.standard != nil {
			n += standardBytes - leanBytes*btoi(f.lean == nil)
		}
		if f.history != nil {
			n += historyBytes
		}
		if f.states != nil {
			n += statesBytes
		}
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// size knows how large payloads are.
type size struct {
	largest uint32
	n       uint32
}

const (
	leastSize  = 1024 // bytes below which no payload is too large
	leastTimes = 2    // as large as any before
)

// take takes the size of a payload in. That the next of n+1 exchangeable values is the largest has probability 1/(n+1); how
// much larger it is weighs on top, as in a Pareto tail with index 2.
func (z *size) take(c *Context, t *Topic, bytes int) {
	b := uint32(min(int64(bytes), math.MaxUint32))
	if z.n >= Samples && b >= leastSize && b >= leastTimes*z.largest {
		c.find(Finding{
			Kind: Size, Score: math.Log10(float64(z.n)+1) + 2*math.Log10(float64(b)/float64(max(z.largest, 1))),
			Threshold: t.silenceThreshold(c), Value: float64(b), Expected: float64(z.largest), High: float64(z.largest),
		})
	}
	z.largest = max(z.largest, b)
	if z.n < math.MaxUint32 {
		z.n++
	}
}

const (
	trafficMs  = 10 * secondMs
	burstBytes = 256
)

// traffic counts messages in cells of ten seconds.
type traffic struct {
	detector *detect.Burst
	begun    int64 // of the present cell; 0: none
	count    int
	bursting bool
}

const (
	leastBurst      = 20 // messages in ten seconds below which nothing is a burst
	leastBurstTimes = 2  // of what is usual
)

func (r *traffic) take(c *Context, t *Topic) {
	begun := c.At - c.At%trafficMs
	if r.detector == nil {
		if t.Messages < Samples/2 || !c.room(burstBytes) {
			return
		}
		r.detector = new(detect.Burst)
		c.Grown += burstBytes
		return // the present cell is not whole
	}
	switch {
	case r.begun == 0 || begun < r.begun:
		r.begun, r.count = begun+trafficMs, 0
		return
	case begun > r.begun:
		r.close(c, t)
		if empty := (begun-r.begun)/trafficMs - 1; empty > 0 {
			r.detector.Skip(int(min(empty, 1<<20)))
		}
		r.begun, r.count = begun, 0
	}
	r.count++
}

// close takes a whole cell in.
func (r *traffic) close(c *Context, t *Topic) {
	result := r.detector.Add(r.count)
	threshold := math.Log10(dayMs/trafficMs/c.Budget) + t.said.offset(c.At)
	strange := result.Score >= threshold && r.count >= leastBurst && float64(r.count) >= leastBurstTimes*result.Expected
	if r.bursting && !strange {
		c.Found = append(c.Found, Finding{Kind: Burst, At: c.At, Over: true})
	}
	r.bursting = strange
	if strange {
		c.find(Finding{
			Kind: Burst, Since: r.begun, Score: result.Score, Threshold: threshold, Value: float64(r.count),
			Expected: result.Expected, High: result.Spread,
		})
	}
}

// Figures takes numbers in that come by themselves again and again, such as the broker's own: only the numbers count, not
// that they come.
func (t *Topic) Figures(c *Context, values []extract.Field) {
	found := len(c.Found)
	t.arrives.take(c.At)
	t.observe(c, values)
	t.took(c, found)
}

package series

import (
	"github.com/bunkerm/bunkerm/anomaly/detect"
)

// mostJoint is how many fields are looked at together.
const mostJoint = 16

// What the costly detectors take, about: a matrix profile over 2048 values with two windows, and a covariance of 16 fields.
const (
	shapeBytes = 40 << 10
	jointBytes = 6 << 10
)

// joint looks at the numbers of one payload together.
type joint struct {
	detector *detect.Joint
	fields   []*Field
	values   []float64
}

// deeper asks the costly detectors. They look at each message as it is: folding would tear fields apart.
func (t *Topic) deeper(c *Context, there []bool) {
	for i, f := range t.fields {
		if !there[i] || f.lean == nil && f.standard == nil {
			continue
		}
		t.course(c, f)
	}
	t.together(c)
}

// course looks at how the last values of a field went.
func (t *Topic) course(c *Context, f *Field) {
	s := t.shape[f.Path]
	if s == nil {
		if !c.room(shapeBytes) {
			return
		}
		if t.shape == nil {
			t.shape = map[string]*detect.Shape{}
		}
		s = detect.NewShape()
		t.shape[f.Path] = s
		c.Grown += shapeBytes
	}
	r := s.Add(f.lastNumber)
	c.find(Finding{
		Field: f.Path, Kind: Shape, Score: r.Alarm, Threshold: f.rate.threshold(c, f.verdicts), Value: f.lastNumber,
		Expected: r.Expected, Low: float64(f.low), High: float64(f.high),
	})
}

// together looks at all numbers of the message. Which they are is settled when the topic has had two hundred messages.
func (t *Topic) together(c *Context) {
	if t.joint == nil {
		if t.Messages < Samples {
			return
		}
		j := &joint{}
		for _, f := range t.fields {
			if (f.lean != nil || f.standard != nil) && len(j.fields) < mostJoint {
				j.fields = append(j.fields, f)
			}
		}
		if len(j.fields) >= 2 && c.room(jointBytes) {
			j.detector, j.values = detect.NewJoint(len(j.fields)), make([]float64, len(j.fields))
			c.Grown += jointBytes
		}
		t.joint = j
	}
	j := t.joint
	if j.detector == nil {
		return
	}
	for i, f := range j.fields {
		if f.seen != c.At {
			return
		}
		j.values[i] = f.lastNumber
	}
	r, contribution := j.detector.Add(j.values)
	most := 0
	for i := range contribution {
		if contribution[i] > contribution[most] {
			most = i
		}
	}
	f := j.fields[most]
	c.find(Finding{
		Field: f.Path, Kind: Joint, Score: r.Alarm, Threshold: t.silenceThreshold(c), Value: f.lastNumber,
		Expected: float64(f.expected), Low: float64(f.low), High: float64(f.high),
	})
}

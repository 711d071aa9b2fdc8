package detect

// AppendBinary writes the detector behind b. Its moments must be within 300,000 years.
func (d *Silence) AppendBinary(b []byte) []byte {
	b = appendCount(append(b, byte(silenceForm)), d.n)
	if d.n == 0 {
		return b
	}
	b = d.gaps.append(b)
	b = appendShort(b, d.mean, d.off)
	b = appendCount(b, d.count)
	b = append(b, d.hour)
	b = appendBool(appendBool(b, d.whole), d.blind)
	for _, at := range []int64{d.last, d.open - d.last, d.until - d.last} {
		b = appendMoment(b, at)
	}
	b = appendHours(b, func(hour int) bool { return d.hours[hour] != hourUnknown })
	for _, code := range d.hours {
		if code != hourUnknown {
			b = append(b, code)
		}
	}
	return b
}

// earlierOff is what intervals are taken to be off, in intervals, where that was not kept: more than most are.
const earlierOff = 0.05

// Decode reads a detector that [Silence.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged],
// the detector stays as it was.
func (d *Silence) Decode(b []byte) (rest []byte, err error) {
	earlier := len(b) > 0 && form(b[0]) == earlierSilenceForm
	want := silenceForm
	if earlier {
		want = earlierSilenceForm
	}
	r := read(b, want)
	fresh := Silence{n: r.uint32()}
	if fresh.n > 0 {
		fresh.gaps = r.tail()
		fresh.mean = r.size(mostShort)
		if fresh.off = earlierOff * fresh.mean; !earlier {
			fresh.off = r.size(mostShort)
		}
		fresh.count = r.uint32()
		fresh.hour = r.byte()
		r.must(fresh.hour < hoursOfWeek, "a week has not so many hours")
		fresh.whole, fresh.blind = r.bool(), r.bool()
		fresh.last = r.moment()
		fresh.open, fresh.until = fresh.last+r.moment(), fresh.last+r.moment()
		r.must(fresh.blind || fresh.open == fresh.last, "the open gap begins without an arrival")
		var hours []int
		r.hours(func(hour int) { hours = append(hours, hour) })
		for _, hour := range hours {
			fresh.hours[hour] = r.byte()
			r.must(fresh.hours[hour] != hourUnknown, "an hour is known and is not")
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	*d = fresh
	return r.b, nil
}

// AppendBinary writes the detector behind b.
func (d *Stuck) AppendBinary(b []byte) []byte {
	b = appendCount(append(b, byte(stuckForm)), d.n)
	b = appendCount(b, d.length)
	b = appendFloat(b, d.value)
	return d.runs.append(b)
}

// Decode reads a detector that [Stuck.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged], the
// detector stays as it was.
func (d *Stuck) Decode(b []byte) (rest []byte, err error) {
	r := read(b, stuckForm)
	fresh := Stuck{n: r.uint32(), length: r.uint32(), value: r.float(), runs: r.tail()}
	if r.err != nil {
		return nil, r.err
	}
	*d = fresh
	return r.b, nil
}

// AppendBinary writes the detector behind b.
func (d *Burst) AppendBinary(b []byte) []byte {
	b = appendCount(append(b, byte(burstForm)), d.n)
	b = appendShort(b, d.rate)
	return d.counts.append(b)
}

// Decode reads a detector that [Burst.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged], the
// detector stays as it was.
func (d *Burst) Decode(b []byte) (rest []byte, err error) {
	r := read(b, burstForm)
	fresh := Burst{n: r.uint32(), rate: r.size(2 * mostCount), counts: r.tail()}
	if r.err != nil {
		return nil, r.err
	}
	*d = fresh
	return r.b, nil
}

package detect

// AppendBinary writes the detector behind b.
func (d *Lean) AppendBinary(b []byte) []byte {
	return d.core.append(append(b, byte(leanForm)))
}

// Decode reads a detector that [Lean.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged], the
// detector stays as it was.
func (d *Lean) Decode(b []byte) (rest []byte, err error) {
	r := read(b, leanForm)
	c := r.core()
	if r.err != nil {
		return nil, r.err
	}
	d.core = c
	return r.b, nil
}

// AppendBinary writes the detector behind b.
func (d *Standard) AppendBinary(b []byte) []byte {
	b = d.core.append(append(b, byte(standardForm)))
	b = appendShort(b, d.misses, d.level)
	b = d.onWeek.append(b)
	b = appendHours(b, func(hour int) bool { return d.seen[hour] > 0 })
	for hour, seen := range d.seen {
		if seen > 0 {
			b = appendShort(append(b, seen), d.mean[hour])
		}
	}
	return b
}

// Decode reads a detector that [Standard.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged],
// the detector stays as it was.
func (d *Standard) Decode(b []byte) (rest []byte, err error) {
	r := read(b, standardForm)
	fresh := Standard{core: r.core()}
	fresh.misses, fresh.level = r.size(mostShort), r.size(mostShort)
	fresh.onWeek = r.tail()
	var hours []int
	r.hours(func(hour int) { hours = append(hours, hour) })
	for _, hour := range hours {
		fresh.seen[hour], fresh.mean[hour] = r.byte(), r.short(mostShort)
		r.must(fresh.seen[hour] > 0 && fresh.seen[hour] <= weekMemory, "an hour has points that are not counted")
	}
	if r.err != nil {
		return nil, r.err
	}
	*d = fresh
	return r.b, nil
}

func (c *core) append(b []byte) []byte {
	b = appendCount(b, c.n)
	b = appendFloat(b, c.base)
	b = appendShort(b, c.level, c.off, c.fast, c.slow, c.low, c.high)
	b = c.hush.append(b)
	b = c.onLevel.append(b)
	return c.onDrift.append(b)
}

func (r *reader) core() (c core) {
	c.n = r.uint32()
	c.base = r.float()
	c.level, c.off = r.short(mostShort), r.size(mostShort)
	c.fast, c.slow = r.short(mostShort), r.short(mostShort)
	c.low, c.high = r.short(mostShort), r.short(mostShort)
	r.must(c.low <= c.high, "the lowest value is above the highest")
	c.hush = r.hush()
	c.onLevel, c.onDrift = r.tail(), r.tail()
	return c
}

func (h *hush) append(b []byte) []byte {
	b = appendShort(b, h.tired, h.peak)
	b = appendCount(b, h.quiet)
	return appendCount(b, h.held)
}

func (r *reader) hush() hush {
	return hush{tired: r.size(1e9), peak: r.size(1e3), quiet: r.uint16(), held: r.uint16()}
}

package detect

// AppendBinary writes the detector behind b: up to 24 KB, because distances that are carried on cannot be had from the values
// without being a little others.
func (d *Shape) AppendBinary(b []byte) []byte {
	b = appendCount(append(b, byte(shapeForm)), d.n)
	b = appendFloat(b, d.base)
	b = appendShort(b, d.level, d.off)
	b = d.hush.append(b)
	b = appendShort(b, d.values[int(d.newest)+1-kept(d.n):d.newest+1]...)
	b = d.short.append(b, d.n, shortWindow)
	return d.long.append(b, d.n, longWindow)
}

// Decode reads a detector that [Shape.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged], the
// detector stays as it was.
func (d *Shape) Decode(b []byte) (rest []byte, err error) {
	r := read(b, shapeForm)
	fresh := NewShape()
	fresh.n = r.uint32()
	fresh.base = r.float()
	fresh.level, fresh.off = r.short(3*shapeWidest), r.size(3*shapeWidest)
	fresh.hush = r.hush()
	if n := kept(fresh.n); n > 0 && r.err == nil {
		fresh.newest = shapeMemory - 1
		for i := shapeMemory - n; i < shapeMemory; i++ {
			fresh.values[i] = r.short(2 * shapeWidest)
		}
		fresh.short.decode(r, fresh.n, shortWindow)
		fresh.long.decode(r, fresh.n, longWindow)
	}
	if r.err != nil {
		return nil, r.err
	}
	*d = *fresh
	return r.b, nil
}

// kept is how many values there are of so many points.
func kept(n uint32) int { return int(min(n, shapeMemory)) }

func (p *profile) append(b []byte, n uint32, window int) []byte {
	if n == 0 {
		return b
	}
	first, end := places(kept(n), window)
	for place := first; place < end; place++ {
		b = appendShort(b, p.square[place])
	}
	return p.usual.append(b)
}

func (p *profile) decode(r *reader, n uint32, window int) {
	first, end := places(kept(n), window)
	for place := first; place < end && r.err == nil; place++ {
		p.square[place] = r.short(1e36)
	}
	p.usual = r.tail()
}

// AppendBinary writes the detector behind b.
func (d *Joint) AppendBinary(b []byte) []byte {
	b = append(b, byte(jointForm), byte(d.fields))
	b = appendCount(b, d.n)
	b = d.hush.append(b)
	for _, values := range [][]float64{d.base, d.mean, d.moving, d.cov} {
		for _, v := range values {
			b = appendFloat(b, v)
		}
	}
	b = d.usual.append(b)
	b = d.drifted.append(b)
	return appendShort(b, d.late[:]...)
}

// Decode reads a detector that [Joint.AppendBinary] wrote, and returns what follows it. It may be for another number of fields
// than the present one. On an error, which is [ErrDamaged], the detector stays as it was.
func (d *Joint) Decode(b []byte) (rest []byte, err error) {
	r := read(b, jointForm)
	fields := int(r.byte())
	r.must(fields >= 1 && fields <= mostFields, "it has no such number of fields")
	if r.err != nil {
		return nil, r.err
	}
	fresh := NewJoint(fields)
	fresh.n = r.uint32()
	fresh.hush = r.hush()
	for _, values := range [][]float64{fresh.base, fresh.mean, fresh.moving, fresh.cov} {
		for i := range values {
			values[i] = r.float()
		}
	}
	for i := range fields {
		r.must(max(fresh.mean[i], -fresh.mean[i]) <= 2*jointWidest && max(fresh.moving[i], -fresh.moving[i]) <= 4*jointWidest, "a mean is too large")
		r.must(fresh.cov[row(i)+i] >= 0, "a variance is negative")
		for j := range i + 1 {
			v := fresh.cov[row(i)+j]
			r.must(max(v, -v) <= 16*jointWidest*jointWidest, "a covariance is too large")
		}
	}
	fresh.usual, fresh.drifted = r.tail(), r.tail()
	for i := range fresh.late {
		fresh.late[i] = r.size(mostShort)
	}
	if r.err != nil {
		return nil, r.err
	}
	*d = *fresh
	return r.b, nil
}

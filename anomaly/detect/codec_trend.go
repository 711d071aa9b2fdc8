package detect

import "encoding/binary"

// AppendBinary writes the detector behind b.
func (d *Trend) AppendBinary(b []byte) []byte {
	b = d.core.append(append(b, byte(trendForm)))
	b = binary.AppendVarint(b, d.hour)
	b = appendFloat(b, d.mean)
	b = appendCount(b, d.n)
	b = appendShort(b, d.usual)
	b = append(b, d.known)
	for i := range int(d.known) {
		b = appendShort(b, d.day[d.oldest(i)])
	}
	return b
}

// oldest is the place of the i-th hour of the day, from the oldest on.
func (d *Trend) oldest(i int) int {
	return (int(d.next) + hoursOfDay - int(d.known) + i) % hoursOfDay
}

// Decode reads a detector that [Trend.AppendBinary] wrote, and returns what follows it. On an error, which is [ErrDamaged], the
// detector stays as it was.
func (d *Trend) Decode(b []byte) (rest []byte, err error) {
	r := read(b, trendForm)
	fresh := Trend{core: r.core(), hour: r.moment(), mean: r.float(), n: r.uint32(), usual: r.size(1e10), known: r.byte()}
	r.must(fresh.known <= hoursOfDay, "a day has too many hours")
	if r.err != nil {
		return nil, r.err
	}
	for i := range int(fresh.known) {
		fresh.day[i] = r.short(mostShort)
	}
	if r.err != nil {
		return nil, r.err
	}
	fresh.next = fresh.known % hoursOfDay
	*d = fresh
	return r.b, nil
}

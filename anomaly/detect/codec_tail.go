package detect

// highestBin bounds the numbers of bins, above and below 1: no detector has deviations outside of 10^±45.
const highestBin = 150 * perOctave

// append writes the counts from the first bin that has any to the last.
func (t *tail) append(b []byte) []byte {
	b = appendCount(b, t.zeros)
	b = append(appendCount(b, t.since), t.mid)
	if b = appendBool(b, t.begun); !t.begun {
		return b
	}
	b = appendCount(b, uint32(int(t.top)+highestBin))
	first, end := tailBins, 0
	for i, c := range t.bins {
		if c > 0 {
			first, end = min(first, i), i+1
		}
	}
	if b = append(b, byte(end)); end == 0 {
		return b
	}
	b = append(b, byte(first))
	for _, c := range t.bins[first:end] {
		b = appendCount(b, c)
	}
	return b
}

// tail reads one. Sums are made anew.
func (r *reader) tail() (t tail) {
	t.zeros = r.uint16()
	t.since = uint16(r.count(lowerEvery - 1))
	t.total = uint32(t.zeros)
	t.mid = r.byte()
	r.must(t.mid < tailBins, "its tenth begins beyond its bins")
	if t.begun = r.bool(); !t.begun {
		return t
	}
	t.top = int16(int(r.count(2*highestBin)) - highestBin)
	end := int(r.byte())
	r.must(end <= tailBins, "it has more bins than there are")
	first := 0
	if end > 0 {
		first = int(r.byte())
	}
	r.must(end == 0 || first < end, "its bins end before they begin")
	if r.err != nil {
		return tail{}
	}
	for i := first; i < end; i++ {
		t.bins[i] = r.uint16()
		t.total += uint32(t.bins[i])
	}
	for _, c := range t.bins[t.mid:] {
		t.above += uint32(c)
	}
	return t
}

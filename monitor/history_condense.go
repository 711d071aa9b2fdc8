package monitor

import (
	"context"
	"maps"
)

// condense makes points of the samples of the quarter of an hour that begins at a time. Done again it comes to the
// same; minutes of which there are no samples stay as they are.
func (h history) condense(ctx context.Context, from int64) error {
	tiers := tierTable()
	minute := tiers[tierMinute].step.Milliseconds()
	var minutes [figureCount][settled / (60 * 1e9)]point
	err := h.samples(ctx, from, from+settled.Milliseconds(), func(at int64, figures []byte) error {
		return unpack(figures, func(key int, v point) {
			if key < int(figureCount) {
				minutes[key][(at-from)/minute].add(v)
			}
		})
	})
	if err != nil {
		return err
	}
	for i := range minutes {
		f := figure(i)
		found := map[int64]point{}
		for k, v := range minutes[i] {
			if v.n > 0 {
				found[from+int64(k)*minute] = v
			}
		}
		if len(found) == 0 {
			continue
		}
		// The quarter is summed up from the minutes that are stored in the end, so that it holds what they hold.
		stored, err := h.merge(ctx, tierMinute, f, found)
		if err != nil {
			return err
		}
		var sum point
		for k := range minutes[i] {
			sum.add(stored[from+int64(k)*minute])
		}
		if _, err := h.merge(ctx, tierQuarter, f, map[int64]point{from: sum}); err != nil {
			return err
		}
	}
	return nil
}

// merge puts points of one row's time into the row and returns all that are in it now, by time.
func (h history) merge(ctx context.Context, number int, f figure, found map[int64]point) (map[int64]point, error) {
	t := tierTable()[number]
	step := t.step.Milliseconds()
	var begin int64
	for at := range found {
		begin = down(at, t.chunk)
		break
	}
	all := map[int64]point{}
	err := h.points(ctx, number, f, begin, begin+1, func(_ int64, packed []byte) error {
		return unpack(packed, func(key int, v point) { all[begin+int64(key)*step] = v })
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(all, found)
	var p packer
	for key := range int(t.chunk / t.step) {
		if v, ok := all[begin+int64(key)*step]; ok {
			p.add(key, v)
		}
	}
	return all, h.putPoints(ctx, number, f, begin, p.out)
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

const (
	workers     = 4  // that change objects at the same time
	objectsEach = 12 // of each kind that a worker has in its hands
)

// changes makes them until ctx ends; each change that has begun is waited for.
func changes(ctx context.Context, h *house, j *journal) {
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() { changeThings(ctx, h, j, w) })
	}
	for i, f := range figures() {
		all.Go(func() { changeFigure(ctx, h, j, f, randomOf(h.o.Seed, uint64(1000+i))) })
	}
	all.Wait()
}

func changeThings(ctx context.Context, h *house, j *journal, worker int) {
	random := randomOf(h.o.Seed, uint64(2000+worker))
	kinds := things()
	for _, kind := range kinds {
		for i := range objectsEach {
			id := idOf(kind, worker, i)
			j.know(kind.name+" "+id, absent, func(ctx context.Context) (string, error) { return readThing(ctx, h, kind, id) })
		}
	}
	for n := 0; pause(ctx, time.Duration(200+random.IntN(600))*time.Millisecond); n++ {
		kind := kinds[random.IntN(len(kinds))]
		id := idOf(kind, worker, random.IntN(objectsEach))
		name := kind.name + " " + id
		before := j.values(name)
		if len(before) > 1 || random.IntN(20) == 0 { // what it is has to be known before it is changed
			if err := j.compare(ctx, name, "while running"); err != nil {
				continue
			}
			before = j.values(name)
		}
		value := strconv.Itoa(1 + worker*10_000 + n%10_000)
		if kind.name == "members" {
			value = "in"
		}
		var r request
		switch there := before[0] != absent; {
		case !there:
			r = kind.make(id, value)
		case kind.change != nil && random.IntN(3) > 0:
			r = kind.change(id, value)
		default:
			r, value = kind.remove(id), absent
		}
		j.wrote(name, value, h.ask(context.WithoutCancel(ctx), r.method, r.path, r.body))
	}
}

func idOf(kind thing, worker, i int) string {
	if kind.name == "members" {
		return member(worker*objectsEach + i)
	}
	return fmt.Sprintf("soak-%d-%02d", worker, i)
}

func readThing(ctx context.Context, h *house, kind thing, id string) (string, error) {
	for deadline := time.Now().Add(patience); ; {
		a := h.ask(ctx, "GET", kind.path(id), nil)
		switch {
		case a.done():
			return kind.value(id, a.body)
		case a.status == 404:
			return absent, nil
		case time.Now().After(deadline) || !pause(ctx, 200*time.Millisecond):
			return "", fmt.Errorf("%s: %s", kind.path(id), a)
		}
	}
}

func changeFigure(ctx context.Context, h *house, j *journal, f figure, random *rand.Rand) {
	read := func(ctx context.Context) (string, error) {
		body, err := look[json.RawMessage](ctx, h, f.path)
		if err != nil {
			return "", err
		}
		return f.value(body)
	}
	first, err := read(ctx)
	if err != nil {
		return // it ends before it began
	}
	j.know(f.name, first, read)
	for pause(ctx, f.wait/2+time.Duration(random.Int64N(int64(f.wait)))) {
		if len(j.values(f.name)) > 1 {
			if err := j.compare(ctx, f.name, "while running"); err != nil {
				continue
			}
		}
		value := f.from + random.IntN(f.to-f.from)
		j.wrote(f.name, strconv.Itoa(value), h.ask(context.WithoutCancel(ctx), "PUT", f.path, f.body(value)))
	}
}

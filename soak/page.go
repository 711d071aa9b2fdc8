package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// page lets a browser loose, which clicks through all pages and makes clients there. What it saw being made is in a file, and goes
// into the journal.
func (s *soak) page(ctx context.Context) {
	url, _ := s.house.addresses()
	made := filepath.Join(s.folder, "made-on-the-page")
	log, err := os.Create(filepath.Join(s.folder, "page.log"))
	if err != nil {
		s.report.broke("the page: %v", err)
		return
	}
	defer log.Close()
	left := time.Until(s.began.Add(s.o.For))
	cmd := exec.Command("node_modules/.bin/playwright", "test", "--config", "playwright.soak.ts")
	cmd.Dir = s.o.Page
	cmd.Env = append(os.Environ(), "BUNKERM_SOAK_URL="+url, "BUNKERM_SOAK_MADE="+made, "BUNKERM_SOAK_SECONDS="+strconv.Itoa(int(left.Seconds())),
		"BUNKERM_SOAK_USER="+adminName, "BUNKERM_SOAK_PASSWORD="+adminPassword)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		s.report.leave("changes on the page: " + err.Error())
		return
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	patient := time.After(left + 30*time.Second) // it ends by itself when the time is over and it is done with what it is doing
	select {
	case err = <-done:
	case <-patient:
		err = endGroup(cmd.Process.Pid, done)
	case <-interrupted(ctx):
		_ = endGroup(cmd.Process.Pid, done)
		return
	}
	if err != nil {
		text, _ := os.ReadFile(log.Name())
		s.report.broke("the page: %v\n%s", err, text[max(0, len(text)-2000):])
	}
	s.notePage(made)
}

// interrupted is closed when a context ends before its time.
func interrupted(ctx context.Context) <-chan struct{} {
	early := make(chan struct{})
	context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			close(early)
		}
	})
	return early
}

// endGroup ends a browser's driver, which ends the browser; one that was killed leaves it without a pipe, and it ends as well.
func endGroup(pid int, done <-chan error) error {
	_ = syscall.Kill(-pid, syscall.SIGTERM)
	select {
	case err := <-done:
		return errors.Join(err, errors.New("it did not end by itself"))
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(-pid, syscall.SIGKILL)
		return errors.Join(<-done, errors.New("it did not end when it was told to"))
	}
}

func (s *soak) notePage(made string) {
	file, err := os.Open(made)
	if err != nil {
		s.report.broke("nothing was made on the page: %v", err)
		return
	}
	defer file.Close()
	names, rounds := 0, 0
	var heap []int64 // what the page's program held after each round
	for lines := bufio.NewScanner(file); lines.Scan(); {
		what, name, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "round":
			rounds++
		case "heap":
			if n, err := strconv.ParseInt(name, 10, 64); err == nil {
				heap = append(heap, n)
			}
		}
		if what != "client" {
			continue
		}
		names++
		s.journal.know("client made on the page "+name, name, func(ctx context.Context) (string, error) {
			client, err := look[struct {
				Username string `json:"username"`
			}](ctx, s.house, "/dynsec/clients/"+name)
			if err != nil && s.house.ask(ctx, http.MethodGet, "/dynsec/clients/"+name, nil).status == http.StatusNotFound {
				return absent, nil
			}
			return client.Username, err
		})
	}
	if names == 0 {
		s.report.broke("nothing was made on the page")
	}
	s.report.fact("a browser went %d times over all pages, and made %d clients there", rounds, names)
	s.judgePage(heap)
}

// judgePage holds the second half of what the page held against the bounds of all memory.
func (s *soak) judgePage(heap []int64) {
	const enough = 30 // rounds
	if len(heap) == 0 {
		return
	}
	third := max(len(heap)/6, 1)
	half := heap[len(heap)/2:]
	early, late := half[:min(third, len(half))], half[max(len(half)-third, 0):]
	before, after := median(early), median(late)
	s.report.fact("the page's program held %s after the first round, %s in the middle and %s at the end", megabytes(heap[0]), megabytes(before), megabytes(after))
	if len(heap) >= enough && grown(before, after) {
		s.report.broke("the page's memory went from %s to %s in the second half", megabytes(before), megabytes(after))
	}
}

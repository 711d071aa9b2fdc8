package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// keeperOf is the process that owns the broker of a data directory, 0 where there is none.
func keeperOf(data string) int {
	spec := filepath.Join(data, "run", "keeper.json")
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil && strings.HasSuffix(string(text), "\x00keeper\x00"+spec+"\x00") {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			return pid
		}
	}
	return 0
}

// brokerOf is the broker of a data directory, 0 where none runs: the child of the keeper.
func brokerOf(data string) int {
	keeper := keeperOf(data)
	if keeper == 0 {
		return 0
	}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// pid (name) state parent …; the name may hold anything, so what counts begins behind its last bracket.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(keeper) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			return pid
		}
	}
	return 0
}

// endKeeper ends the keeper of a data directory, and with it the broker, and waits for both.
func endKeeper(data string) error {
	keeper, broker := keeperOf(data), brokerOf(data)
	for _, pid := range []int{keeper, broker} {
		if pid == 0 {
			continue
		}
		_ = syscall.Kill(keeper, syscall.SIGTERM)
		for deadline := time.Now().Add(patience); alive(pid); {
			if time.Now().After(deadline) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				return fmt.Errorf("process %d did not end when its keeper was told to", pid)
			}
			<-time.After(10 * time.Millisecond)
		}
	}
	return nil
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

// memory is how much of a process is in RAM and nobody else's, in bytes: files that are mapped do not count, because they may be
// given back at any time. It is 0 where the process is gone.
func memory(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text)) // proc(5): size resident shared …, in pages
	if len(fields) < 3 {
		return 0
	}
	inRAM, err1 := strconv.ParseInt(fields[1], 10, 64)
	ofFiles, err2 := strconv.ParseInt(fields[2], 10, 64)
	if errors.Join(err1, err2) != nil {
		return 0
	}
	return (inRAM - ofFiles) * int64(os.Getpagesize())
}

// openFiles is how many files a process has open; 0 where it is gone.
func openFiles(pid int) int {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return len(files)
}

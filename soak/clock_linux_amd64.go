package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Programs read the time through vdso(7): code that the kernel maps into every process. The first instructions of two of its
// functions are replaced by others, which ask the kernel and add the seconds that end them. Only what is called the real time
// jumps, as when somebody sets a host's clock; timers go on.
//
// An instruction at a time: mov eax, SYS_clock_gettime; syscall; test edi, edi (CLOCK_REALTIME is 0); jnz to ret;
// mov rcx, seconds; add [rsi], rcx; ret.
func gettimeCode() (code []byte, seconds int) {
	return []byte{
		0xb8, 0xe4, 0, 0, 0, 0x0f, 0x05, 0x85, 0xff, 0x75, 0x0d,
		0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0,
		0x48, 0x01, 0x0e, 0xc3,
	}, 13
}

// mov eax, SYS_time; syscall; mov rcx, seconds; add rax, rcx; test rdi, rdi; jz to ret; mov [rdi], rax; ret.
func timeCode() (code []byte, seconds int) {
	return []byte{
		0xb8, 0xc9, 0, 0, 0, 0x0f, 0x05,
		0x48, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0,
		0x48, 0x01, 0xc8, 0x48, 0x85, 0xff, 0x74, 0x03, 0x48, 0x89, 0x07, 0xc3,
	}, 9
}

// moveClock makes a process believe that it is later by so much, or earlier, until it is told otherwise. Whole seconds count.
func moveClock(pid int, by time.Duration) error {
	image, begin, err := readVDSO(pid)
	if err != nil {
		return err
	}
	for name, code := range map[string]func() ([]byte, int){"__vdso_clock_gettime": gettimeCode, "__vdso_time": timeCode} {
		at, size, err := findFunction(image, name)
		if err != nil {
			return err
		}
		text, place := code()
		if size < uint64(len(text)) {
			return fmt.Errorf("%s has no room for a clock that jumps", name)
		}
		binary.LittleEndian.PutUint64(text[place:], uint64(by/time.Second))
		if err := overwrite(pid, begin+at, text); err != nil {
			return err
		}
	}
	return nil
}

// readVDSO returns what is mapped, and where.
func readVDSO(pid int) (image []byte, begin uint64, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, 0, fmt.Errorf("looking for the clock of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			continue
		}
		from, rest, _ := strings.Cut(line, "-")
		to, _, _ := strings.Cut(rest, " ")
		first, err1 := strconv.ParseUint(from, 16, 64)
		last, err2 := strconv.ParseUint(to, 16, 64)
		if err := errors.Join(err1, err2); err != nil {
			return nil, 0, fmt.Errorf("reading the map of process %d: %w", pid, err)
		}
		memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
		if err != nil {
			return nil, 0, fmt.Errorf("reading the clock of process %d: %w", pid, err)
		}
		defer memory.Close()
		image = make([]byte, last-first)
		if _, err := io.ReadFull(io.NewSectionReader(memory, int64(first), int64(len(image))), image); err != nil {
			return nil, 0, fmt.Errorf("reading the clock of process %d: %w", pid, err)
		}
		return image, first, nil
	}
	return nil, 0, fmt.Errorf("process %d has no vdso", pid)
}

func findFunction(image []byte, name string) (at, size uint64, err error) {
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the vdso: %w", err)
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return 0, 0, fmt.Errorf("reading the vdso: %w", err)
	}
	for _, s := range symbols {
		if s.Name == name {
			return s.Value, s.Size, nil
		}
	}
	return 0, 0, fmt.Errorf("the vdso has no %s", name)
}

// overwrite replaces code while no thread is in it: the process is stopped, and goes on for a moment where one is.
func overwrite(pid int, at uint64, code []byte) error {
	for range 100 {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			return fmt.Errorf("stopping process %d: %w", pid, err)
		}
		free, err := vacant(pid, at, at+uint64(len(code)))
		if err == nil && free {
			err = write(pid, at, code)
		}
		if err := errors.Join(err, syscall.Kill(pid, syscall.SIGCONT)); err != nil || free {
			return err
		}
	}
	return fmt.Errorf("process %d does nothing but read the clock", pid)
}

func write(pid int, at uint64, code []byte) error {
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", pid), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("moving the clock of process %d: %w", pid, err)
	}
	defer memory.Close()
	if _, err := memory.WriteAt(code, int64(at)); err != nil {
		return fmt.Errorf("moving the clock of process %d: %w", pid, err)
	}
	return nil
}

// vacant reports whether no thread of a stopped process is between two addresses. proc(5): the last field of syscall is the
// address of the thread's next instruction, or the file says "running".
func vacant(pid int, from, to uint64) (bool, error) {
	deadline := time.Now().Add(2 * time.Second)
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/syscall", pid))
	if err != nil {
		return false, err
	}
	for _, file := range files {
		for {
			text, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
				break // the thread has ended
			}
			if err != nil {
				return false, fmt.Errorf("looking where a thread is: %w", err)
			}
			fields := strings.Fields(string(text))
			if len(fields) > 1 {
				next, err := strconv.ParseUint(strings.TrimPrefix(fields[len(fields)-1], "0x"), 16, 64)
				if err != nil {
					return false, fmt.Errorf("looking where a thread is: %w", err)
				}
				if next > from && next < to {
					return false, nil
				}
				break
			}
			if time.Now().After(deadline) {
				return false, fmt.Errorf("process %d does not stop", pid)
			}
		}
	}
	return true, nil
}

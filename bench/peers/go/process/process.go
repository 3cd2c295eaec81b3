// Package process is what every Go program of the benchmarks shares: the listener, the figures of the process, the monotonic clock.
package process

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Listen parses the flags and listens on loopback. The TLS configuration is nil unless -tls was given.
func Listen() (net.Listener, *tls.Config) {
	port := flag.Int("port", 0, "port on 127.0.0.1, 0 for any")
	secure := flag.Bool("tls", false, "serve TLS with the certificate in -cert and -key")
	cert := flag.String("cert", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	flag.Parse()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	Check(err)
	if !*secure {
		return listener, nil
	}
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	Check(err)
	return listener, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}}
}

// Ready prints the line that the harness waits for, answers SIGUSR2 with the figures, and runs stop on SIGTERM.
func Ready(listener net.Listener, stop func(), more func() map[string]any) {
	fmt.Printf("listening on %s\n", listener.Addr())
	ReportOnSignal(more)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-term
		stop()
		os.Exit(0)
	}()
}

// ReportOnSignal prints one JSON line for every SIGUSR2: the memory after a collection, and what more adds, which may be nil.
func ReportOnSignal(more func() map[string]any) {
	usr2 := make(chan os.Signal, 4)
	signal.Notify(usr2, syscall.SIGUSR2)
	go func() {
		for range usr2 {
			before := rss()
			runtime.GC()
			debug.FreeOSMemory()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			figures := map[string]any{"heap_inuse": m.HeapInuse, "heap_alloc": m.HeapAlloc, "stack_inuse": m.StackInuse, "rss_before_gc": before, "rss": rss()}
			if more != nil {
				maps.Copy(figures, more())
			}
			Print(figures)
		}
	}()
}

// Print writes one JSON line to standard output.
func Print(value any) {
	line, err := json.Marshal(value)
	Check(err)
	fmt.Println(string(line))
}

// Check ends the program with a message if there is an error.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Monotonic is CLOCK_MONOTONIC in nanoseconds: the clock that two processes of one machine share.
func Monotonic() int64 {
	var ts unix.Timespec
	Check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts))
	return ts.Nano()
}

// CPU is the time that a process has spent on a processor so far (utime + stime); 0 for pid 0.
func CPU(pid int) time.Duration {
	if pid == 0 {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100
}

func rss() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	Check(err)
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

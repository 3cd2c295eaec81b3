package scripts

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// mostTold is how many calls are told one by one.
const mostTold = 500

// Obey answers each line `notes NANOSECONDS` of the standard input with what has been noted, as JSON: the first calls, and how many had ended by
// that time. The process ends with its input.
func (s *Scripts) Obey() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, at, _ := strings.Cut(lines.Text(), " ")
		until, err := strconv.ParseInt(at, 10, 64)
		if command != "notes" || err != nil {
			continue
		}
		fmt.Println(string(s.notes(until)))
	}
	os.Exit(0)
}

func (s *Scripts) notes(until int64) []byte {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	ended := 0
	for _, call := range s.calls {
		if call.EndedAt > 0 && call.EndedAt <= until {
			ended++
		}
	}
	line, err := json.Marshal(map[string]any{
		"calls": s.calls[:min(len(s.calls), mostTold)], "begun": len(s.calls), "ended": ended, "running": s.running.Load(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "scripts:", err)
		os.Exit(1)
	}
	return line
}

package main

import (
	"bufio"
	"os"
)

var in = bufio.NewReader(os.Stdin)

// waitForLine waits until the script that runs this program says to go on.
func waitForLine() error {
	_, err := in.ReadString('\n')
	return err
}

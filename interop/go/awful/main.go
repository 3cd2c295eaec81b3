// Command awful is an HTTP/2 server of frames by hand that does what no library lets a server do. The metadata field x-script says
// which; it prints what the client sends to end its streams.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "awful:", err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	go func() {
		// Nobody is there any more when the standard input ends.
		_, _ = os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}()
	for {
		socket, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			err := (&connection{socket: socket, framer: http2.NewFramer(socket, socket)}).serve()
			fmt.Printf("connection ended: %v\n", err)
			_ = socket.Close()
		}()
	}
}

type connection struct {
	socket net.Conn
	framer *http2.Framer
	// Guards what follows, and writing.
	mutex sync.Mutex
	// Credit of the connection and of its one stream.
	window, streamWindow int64
	ended                bool
}

func (c *connection) serve() error {
	if _, err := c.socket.Read(make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	c.window, c.streamWindow = 65_535, 65_535
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := c.framer.WriteSettings(); err != nil {
		return err
	}
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		c.mutex.Lock()
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				if initial, ok := frame.Value(http2.SettingInitialWindowSize); ok {
					c.streamWindow = int64(initial)
				}
				err = c.framer.WriteSettingsAck()
			}
		case *http2.PingFrame:
			if !frame.IsAck() {
				err = c.framer.WritePing(true, frame.Data)
			}
		case *http2.WindowUpdateFrame:
			if frame.StreamID == 0 {
				c.window += int64(frame.Increment)
			} else {
				c.streamWindow += int64(frame.Increment)
			}
		case *http2.DataFrame:
			if frame.StreamEnded() {
				fmt.Println("half-closed")
			}
		case *http2.RSTStreamFrame:
			c.ended = true
			fmt.Printf("reset %v\n", frame.ErrCode)
		case *http2.MetaHeadersFrame:
			for _, field := range frame.Fields {
				if field.Name == "x-script" {
					fmt.Println("open")
					if field.Value == "stops-reading" {
						c.mutex.Unlock()
						select {}
					}
					go c.answer(frame.StreamID, field.Value)
				}
			}
		}
		c.mutex.Unlock()
		if err != nil {
			return err
		}
	}
}

func (c *connection) answer(stream uint32, script string) {
	switch script {
	case "for-ever":
		c.head(stream)
		message := make([]byte, 5+8000)
		binary.BigEndian.PutUint32(message[1:], 8000)
		// A field that the client does not know: 7,997 bytes of number 15.
		copy(message[5:], []byte{0x7a, 0xbd, 0x3e})
		for c.data(stream, message) {
		}
	case "three-gib", "two-gib":
		c.head(stream)
		if script == "three-gib" {
			c.data(stream, []byte{0, 0xc0, 0, 0, 0})
		} else {
			c.data(stream, []byte{0, 0x7f, 0xff, 0xff, 0xff})
		}
		for c.data(stream, make([]byte, 1024)) {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

func (c *connection) head(stream uint32) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = encoder.WriteField(hpack.HeaderField{Name: "content-type", Value: "application/grpc"})
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true})
}

// data sends when there is room, and reports whether the stream is still there.
func (c *connection) data(stream uint32, bytes []byte) bool {
	for {
		c.mutex.Lock()
		if c.ended {
			c.mutex.Unlock()
			return false
		}
		if size := int64(len(bytes)); c.window >= size && c.streamWindow >= size {
			c.window -= size
			c.streamWindow -= size
			err := c.framer.WriteData(stream, false, bytes)
			c.mutex.Unlock()
			return err == nil
		}
		c.mutex.Unlock()
		time.Sleep(time.Millisecond)
	}
}

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"sluice/bench/measure"
	"sluice/bench/process"
)

// connection keeps a fixed number of calls open on one socket, from one goroutine: as one ends, the next is written,
// and what was written is flushed when nothing more has arrived.
type connection struct {
	socket  net.Conn
	in      *bufio.Reader
	out     *bufio.Writer
	framer  *http2.Framer
	encoder *hpack.Encoder
	decoder *hpack.Decoder
	block   bytes.Buffer
	random  *rand.Rand
	host    string
	paths   []string
	body    []byte // one message behind its 5-byte prefix
	calls   int
	bidi    bool
	echoed  map[uint32]int // bidi: bytes of the message that is coming back
	upload  int            // client-streaming: messages of a call; 0: one, with the head
	uploads []upload       // client-streaming: calls with messages to send, each in turn
	started uint32
	window  int64  // what the server lets us send on the connection
	unread  uint32 // received and not yet given back
	status  string // grpc-status of the block being decoded
	begun   map[uint32]time.Time
	times   measure.Histogram
	done    atomic.Int64
	errors  atomic.Int64
	stop    atomic.Bool
	stopped chan struct{}
}

// upload is a call with messages that are still to be sent.
type upload struct {
	id   uint32
	left int
}

const window = 1 << 30

func open(addr string, methods []string, message []byte, calls int, seed int64) *connection {
	socket, err := net.Dial("tcp", addr)
	process.Check(err)
	c := &connection{
		socket: socket, in: bufio.NewReaderSize(socket, 64<<10), out: bufio.NewWriterSize(socket, 64<<10),
		random: rand.New(rand.NewSource(seed)), host: addr, calls: calls, window: 65535,
		begun: map[uint32]time.Time{}, echoed: map[uint32]int{}, stopped: make(chan struct{}),
	}
	for _, method := range methods {
		c.paths = append(c.paths, "/bench.v1.Bench/"+method)
	}
	c.body = append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	c.framer = http2.NewFramer(c.out, c.in)
	c.framer.SetReuseFrames()
	c.encoder = hpack.NewEncoder(&c.block)
	c.decoder = hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		if field.Name == "grpc-status" {
			c.status = field.Value
		}
	})
	_, err = c.out.WriteString(http2.ClientPreface)
	process.Check(err)
	process.Check(c.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window}))
	process.Check(c.framer.WriteWindowUpdate(0, window))
	return c
}

func (c *connection) run() {
	defer close(c.stopped)
	for range c.calls {
		c.call()
	}
	c.send()
	process.Check(c.out.Flush())
	for !c.stop.Load() {
		frame, err := c.framer.ReadFrame()
		process.Check(err)
		c.receive(frame)
		if c.in.Buffered() == 0 {
			c.send()
			process.Check(c.out.Flush())
		}
	}
	_ = c.socket.Close()
}

// call writes one request: head and message, END_STREAM with the message unless a ping-pong goes on from there.
func (c *connection) call() {
	id := 2*c.started + 1
	c.block.Reset()
	c.field(":method", "POST")
	c.field(":scheme", "http")
	c.field(":path", c.paths[int(c.started)%len(c.paths)])
	c.field(":authority", c.host)
	c.field("content-type", "application/grpc")
	c.field("user-agent", "rawload/1")
	c.field("te", "trailers")
	c.field("grpc-timeout", strconv.Itoa(20_000_000-c.random.Intn(10_000_000))+"u")
	c.field("x-request-id", c.requestId())
	if c.started%64 == 0 {
		c.begun[id] = time.Now()
	}
	c.started++
	process.Check(c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true}))
	if c.upload > 0 {
		c.uploads = append(c.uploads, upload{id, c.upload})
		return
	}
	c.message(id, !c.bidi)
}

// send writes messages of the calls in turn, each in a DATA frame of its own, as far as the connection's window goes. The window of a stream holds
// all of its messages.
func (c *connection) send() {
	for len(c.uploads) > 0 && c.window >= int64(len(c.body)) {
		next := c.uploads[0]
		next.left--
		c.message(next.id, next.left == 0)
		c.uploads = c.uploads[1:]
		if next.left > 0 {
			c.uploads = append(c.uploads, next)
		}
	}
}

func (c *connection) message(id uint32, end bool) {
	c.window -= int64(len(c.body))
	if c.window < 0 {
		process.Check(fmt.Errorf("the server gives no connection window back"))
	}
	process.Check(c.framer.WriteData(id, end, c.body))
}

func (c *connection) field(name, value string) {
	process.Check(c.encoder.WriteField(hpack.HeaderField{Name: name, Value: value}))
}

func (c *connection) requestId() string {
	var raw [16]byte
	binary.LittleEndian.PutUint64(raw[:], c.random.Uint64())
	binary.LittleEndian.PutUint64(raw[8:], c.random.Uint64())
	return hex.EncodeToString(raw[:])
}

func (c *connection) receive(frame http2.Frame) {
	switch frame := frame.(type) {
	case *http2.HeadersFrame:
		c.status = ""
		_, err := c.decoder.Write(frame.HeaderBlockFragment())
		process.Check(err)
		if frame.StreamEnded() {
			c.ended(frame.StreamID)
		}
	case *http2.DataFrame:
		if c.unread += uint32(frame.Length); c.unread > window/2 {
			process.Check(c.framer.WriteWindowUpdate(0, c.unread))
			c.unread = 0
		}
		if c.bidi {
			c.pong(frame.StreamID, len(frame.Data()))
		}
	case *http2.RSTStreamFrame:
		if frame.ErrCode != http2.ErrCodeNo {
			c.ended(frame.StreamID)
		}
	case *http2.WindowUpdateFrame:
		if frame.StreamID == 0 {
			c.window += int64(frame.Increment)
		}
	case *http2.SettingsFrame:
		if frame.IsAck() {
			return
		}
		if size, given := frame.Value(http2.SettingHeaderTableSize); given {
			c.encoder.SetMaxDynamicTableSizeLimit(min(size, 4096))
		}
		process.Check(c.framer.WriteSettingsAck())
	case *http2.PingFrame:
		if !frame.IsAck() {
			process.Check(c.framer.WritePing(true, frame.Data))
		}
	case *http2.GoAwayFrame:
		process.Check(fmt.Errorf("GOAWAY %v %q", frame.ErrCode, frame.DebugData()))
	}
}

// pong sends the next message when the echo of the last is whole.
func (c *connection) pong(id uint32, bytes int) {
	c.echoed[id] += bytes
	if c.echoed[id] < len(c.body) {
		return
	}
	c.echoed[id] = 0
	c.done.Add(1)
	if start, timed := c.begun[id]; timed {
		c.times.Add(time.Since(start))
		c.begun[id] = time.Now()
	}
	c.message(id, false)
}

// ended counts a call and makes the next.
func (c *connection) ended(id uint32) {
	if c.status == "0" {
		c.done.Add(int64(max(1, c.upload)))
	} else {
		c.errors.Add(1)
	}
	if start, timed := c.begun[id]; timed {
		c.times.Add(time.Since(start))
		delete(c.begun, id)
	}
	c.call()
}

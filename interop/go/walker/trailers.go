package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// deadlineTrailers asks with grpc-timeout and has no clock of its own: the server must end the call with DEADLINE_EXCEEDED in
// trailers. Clients that see only a reset report CANCELLED.
func deadlineTrailers(_ context.Context, w *world) error {
	conn, err := net.Dial("tcp", w.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		return err
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	for _, field := range [][2]string{
		{":method", "POST"}, {":scheme", "http"}, {":path", "/grpc.testing.TestService/FullDuplexCall"}, {":authority", w.addr},
		{"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-timeout", "150m"}, {"x-script", "mute"},
	} {
		if err := encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}); err != nil {
			return err
		}
	}
	started := time.Now()
	if err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: head.Bytes(), EndHeaders: true}); err != nil {
		return err
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return fmt.Errorf("no answer to an expired call: %w", err)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				if err := framer.WriteSettingsAck(); err != nil {
					return err
				}
			}
		case *http2.RSTStreamFrame:
			return fmt.Errorf("the server reset the call with %v before it sent trailers", frame.ErrCode)
		case *http2.MetaHeadersFrame:
			if !frame.StreamEnded() {
				continue
			}
			for _, field := range frame.Fields {
				if field.Name == "grpc-status" {
					if field.Value != "4" {
						return fmt.Errorf("grpc-status %s, want 4", field.Value)
					}
					fmt.Printf("grpc-status 4 after %v\n", time.Since(started).Round(time.Millisecond))
					return nil
				}
			}
			return fmt.Errorf("trailers without grpc-status: %v", frame.Fields)
		}
	}
}

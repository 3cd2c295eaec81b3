package libraries

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"connectrpc.com/connect"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

const service = "/grpc.testing.TestService/"

// connectClient is made by hand: the messages are grpc-go's own generated ones.
type connectClient struct {
	transport *http.Transport
	unary     *connect.Client[pb.Empty, pb.Empty]
	outputs   *connect.Client[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
	inputs    *connect.Client[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]
	duplexes  *connect.Client[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

// DialConnect makes a client of connect-go, over unencrypted HTTP/2, which speaks Connect, or what the options say. ping: as of DialGrpc, without the least.
func DialConnect(addr string, ping time.Duration, options ...connect.ClientOption) Client {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	if ping > 0 {
		transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: ping, PingTimeout: ping}
	}
	doer, base := &http.Client{Transport: transport}, "http://"+addr+service
	return &connectClient{
		transport: transport,
		unary:     connect.NewClient[pb.Empty, pb.Empty](doer, base+"EmptyCall", options...),
		outputs:   connect.NewClient[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse](doer, base+"StreamingOutputCall", options...),
		inputs:    connect.NewClient[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse](doer, base+"StreamingInputCall", options...),
		duplexes:  connect.NewClient[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse](doer, base+"FullDuplexCall", options...),
	}
}

// Close closes the connections that are idle: one with a stream stays.
func (c *connectClient) Close() { c.transport.CloseIdleConnections() }

func (c *connectClient) Empty(ctx context.Context) error {
	_, err := c.unary.CallUnary(ctx, connect.NewRequest(&pb.Empty{}))
	return err
}

func (c *connectClient) Duplex(ctx context.Context, script string) (Stream, error) {
	stream := c.duplexes.CallBidiStream(ctx)
	stream.RequestHeader().Set("x-script", script)
	return &connectDuplex{stream}, stream.Send(nil)
}

func (c *connectClient) Output(ctx context.Context, script string) (Stream, error) {
	asked := connect.NewRequest(&pb.StreamingOutputCallRequest{})
	asked.Header().Set("x-script", script)
	stream, err := c.outputs.CallServerStream(ctx, asked)
	return &connectOutput{stream}, err
}

func (c *connectClient) Input(ctx context.Context, script string) (Upload, error) {
	stream := c.inputs.CallClientStream(ctx)
	stream.RequestHeader().Set("x-script", script)
	return connectUpload{stream}, nil
}

type connectDuplex struct {
	stream *connect.BidiStreamForClient[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

func (s *connectDuplex) Send(message *pb.StreamingOutputCallRequest) error {
	return plainEOF(s.stream.Send(message))
}
func (s *connectDuplex) CloseSend() error { return s.stream.CloseRequest() }
func (s *connectDuplex) Leave() error {
	if err := s.stream.CloseRequest(); err != nil {
		return err
	}
	return s.stream.CloseResponse()
}

func (s *connectDuplex) Recv() (*pb.StreamingOutputCallResponse, error) {
	message, err := s.stream.Receive()
	return message, plainEOF(err)
}

type connectOutput struct {
	stream *connect.ServerStreamForClient[pb.StreamingOutputCallResponse]
}

func (s *connectOutput) Send(*pb.StreamingOutputCallRequest) error { return errors.ErrUnsupported }
func (s *connectOutput) CloseSend() error                          { return nil }
func (s *connectOutput) Leave() error                              { return s.stream.Close() }

func (s *connectOutput) Recv() (*pb.StreamingOutputCallResponse, error) {
	if s.stream.Receive() {
		return s.stream.Msg(), nil
	}
	if err := s.stream.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

type connectUpload struct {
	stream *connect.ClientStreamForClient[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]
}

func (u connectUpload) Send(message *pb.StreamingInputCallRequest) error {
	return plainEOF(u.stream.Send(message))
}

func (u connectUpload) CloseAndRecv() error {
	_, err := u.stream.CloseAndReceive()
	return err
}

func plainEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return err
}

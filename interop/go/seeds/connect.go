package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"connectrpc.com/connect"

	"sluice.test/seeds/scripts"
	"sluice.test/seeds/walks"

	pb "google.golang.org/grpc/interop/grpc_testing"
)

const service = "/grpc.testing.TestService/"

// connectClient is made by hand: the messages are grpc-go's own generated ones.
type connectClient struct {
	transport *http.Transport
	unary     *connect.Client[pb.Empty, pb.Empty]
	outputs   *connect.Client[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
	duplexes  *connect.Client[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

func newConnectClient(addr string, options ...connect.ClientOption) *connectClient {
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	doer, base := &http.Client{Transport: transport}, "http://"+addr+service
	return &connectClient{
		transport: transport,
		unary:     connect.NewClient[pb.Empty, pb.Empty](doer, base+"EmptyCall", options...),
		outputs:   connect.NewClient[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse](doer, base+"StreamingOutputCall", options...),
		duplexes:  connect.NewClient[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse](doer, base+"FullDuplexCall", options...),
	}
}

func (c *connectClient) Close()                { c.transport.CloseIdleConnections() }
func (c *connectClient) Code(err error) string { return connectCode(err) }

func (c *connectClient) Empty(ctx context.Context) error {
	_, err := c.unary.CallUnary(ctx, connect.NewRequest(&pb.Empty{}))
	return err
}

func (c *connectClient) Duplex(ctx context.Context, script string) (walks.Stream, error) {
	stream := c.duplexes.CallBidiStream(ctx)
	stream.RequestHeader().Set("x-script", script)
	return connectDuplex{stream}, stream.Send(nil)
}

func (c *connectClient) Output(ctx context.Context, script string) (walks.Stream, error) {
	asked := connect.NewRequest(request(0))
	asked.Header().Set("x-script", script)
	stream, err := c.outputs.CallServerStream(ctx, asked)
	return connectOutput{stream}, err
}

type connectDuplex struct {
	stream *connect.BidiStreamForClient[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

func (s connectDuplex) Send(size int) error { return s.stream.Send(request(size)) }
func (s connectDuplex) CloseSend() error    { return s.stream.CloseRequest() }
func (s connectDuplex) Leave() error        { return s.stream.CloseResponse() }

func (s connectDuplex) Recv() error {
	_, err := s.stream.Receive()
	return plainEOF(err)
}

type connectOutput struct {
	stream *connect.ServerStreamForClient[pb.StreamingOutputCallResponse]
}

func (s connectOutput) Send(int) error   { return errors.ErrUnsupported }
func (s connectOutput) CloseSend() error { return nil }
func (s connectOutput) Leave() error     { return s.stream.Close() }

func (s connectOutput) Recv() error {
	if s.stream.Receive() {
		return nil
	}
	if err := s.stream.Err(); err != nil {
		return err
	}
	return io.EOF
}

func connectCode(err error) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, io.EOF) {
		return "eof"
	}
	return connect.CodeOf(err).String()
}

func plainEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return err
}

type connectServer struct{ scripts *scripts.Scripts }

func serveConnect(listener net.Listener, played *scripts.Scripts) error {
	played.Code = connectCode
	s := connectServer{played}
	routes := http.NewServeMux()
	routes.Handle(service+"EmptyCall", connect.NewUnaryHandler(service+"EmptyCall",
		func(context.Context, *connect.Request[pb.Empty]) (*connect.Response[pb.Empty], error) {
			return connect.NewResponse(&pb.Empty{}), nil
		}))
	routes.Handle(service+"StreamingOutputCall", connect.NewServerStreamHandler(service+"StreamingOutputCall", s.output))
	routes.Handle(service+"FullDuplexCall", connect.NewBidiStreamHandler(service+"FullDuplexCall", s.duplex))
	server := &http.Server{Handler: routes, Protocols: new(http.Protocols)}
	server.Protocols.SetUnencryptedHTTP2(true)
	return server.Serve(listener)
}

func (s connectServer) output(ctx context.Context, request *connect.Request[pb.StreamingOutputCallRequest], stream *connect.ServerStream[pb.StreamingOutputCallResponse]) error {
	send := func(size int) error { return stream.Send(response(size)) }
	return s.scripts.Output(ctx, request.Header().Get("x-script"), send)
}

func (s connectServer) duplex(ctx context.Context, stream *connect.BidiStream[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	return s.scripts.Duplex(stream.RequestHeader().Get("x-script"), connectHandlerStream{ctx, stream})
}

type connectHandlerStream struct {
	ctx    context.Context
	stream *connect.BidiStream[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]
}

func (s connectHandlerStream) Context() context.Context { return s.ctx }
func (s connectHandlerStream) Send(size int) error      { return s.stream.Send(response(size)) }

func (s connectHandlerStream) Recv() error {
	_, err := s.stream.Receive()
	return plainEOF(err)
}

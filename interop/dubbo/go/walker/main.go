// Command walker is a dubbo-go client that makes one call of grpc.testing.TestService, and prints what it saw of it as one line of JSON behind the
// word "result". Before that it says "open" when the call is open and has its first answer, and "left" when it has left it.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"dubbo.apache.org/dubbo-go/v3/client"
	triple "dubbo.apache.org/dubbo-go/v3/protocol/triple/triple_protocol"

	"sluice.test/dubbo/stub"
)

// call is what the process was asked for.
type call struct {
	client  caller
	method  string
	script  string
	leaving string
}

// result is what it saw.
type result struct {
	Code     uint32            `json:"code"`
	Message  string            `json:"message"`
	Details  []string          `json:"details"`
	Name     string            `json:"name"`
	Bytes    int               `json:"bytes"`
	Messages int               `json:"messages"`
	Headers  map[string]string `json:"headers"`
	Trailers map[string]string `json:"trailers"`
	Ms       int64             `json:"ms"`
}

func main() {
	addr := flag.String("addr", "", "host and port of the server")
	kind := flag.String("kind", "unary", "unary, client, server or bidi")
	method := flag.String("method", "UnaryCall", "the method of a unary call, as it is to be written")
	script := flag.String("script", "", "what the handler is to do")
	leaving := flag.String("leave", "", "cancel, context, deadline, close or stay: how the client ends it; by default as such calls end")
	form := flag.String("form", "grpc", "of unary calls: grpc, http, or wrapper: arguments in hessian2 instead of a message")
	asJSON := flag.Bool("json", false, "JSON rather than protobuf")
	group := flag.String("group", "", "of the service")
	version := flag.String("version", "", "of the service")
	limit := flag.Duration("limit", 30*time.Second, "the process ends after this time")
	flag.Parse()
	time.AfterFunc(*limit, func() { fail(fmt.Errorf("not done after %v", *limit)) })
	walk, ok := map[string]func(context.Context, *call, *result) error{"unary": unary, "client": input, "server": output, "bidi": duplex}[*kind]
	if !ok {
		fail(fmt.Errorf("no kind %q", *kind))
	}
	c := &call{method: *method, script: *script, leaving: *leaving}
	var err error
	if *form == "http" {
		c.client = newHTTPClient(*addr, *group, *version, *asJSON)
	} else if c.client, err = newClient(*addr, *group, *version, *asJSON, *form == "wrapper"); err != nil {
		fail(err)
	}
	ctx, cancel := context.WithCancel(withAttachments(context.Background(), *script))
	defer cancel()
	if *leaving == "deadline" {
		ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
	}
	if *leaving == "cancel" || *leaving == "context" {
		go func() {
			// when the script says so
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
			cancel()
			fmt.Printf("left at %d\n", time.Now().UnixMicro())
		}()
	}
	seen := &result{Headers: map[string]string{}, Trailers: map[string]string{}, Details: []string{}}
	began := time.Now()
	if err := walk(ctx, c, seen); err != nil {
		seen.fill(err)
	}
	seen.Ms = time.Since(began).Milliseconds()
	text, err := json.Marshal(seen)
	if err != nil {
		fail(err)
	}
	fmt.Printf("result %s\n", text)
}

func newClient(addr, group, version string, asJSON, wrapped bool) (*dubboClient, error) {
	cli, err := client.NewClient(client.WithClientURL("tri://" + addr))
	if err != nil {
		return nil, err
	}
	// by default dubbo-go makes a call that fails twice more
	options := []client.ReferenceOption{client.WithGroup(group), client.WithVersion(version), client.WithRetries(0), client.WithRequestTimeout(20 * time.Second)}
	if asJSON {
		options = append(options, client.WithSerializationJSON())
	}
	if wrapped {
		options = append(options, client.WithSerialization("hessian2"))
	}
	service, err := stub.NewClient(cli, options...)
	return &dubboClient{service, wrapped}, err
}

func withAttachments(ctx context.Context, script string) context.Context {
	attachments := http.Header{}
	if script != "" {
		attachments["x-script"] = []string{script}
	}
	if script == "metadata" {
		attachments["in-a"] = []string{"1"}
		attachments["in-b"] = []string{"2"}
	}
	return triple.NewOutgoingContext(ctx, attachments)
}

func (r *result) fill(err error) {
	r.Code, r.Message = uint32(triple.CodeOf(err)), err.Error()
	var known *triple.Error
	if !errors.As(err, &known) {
		return
	}
	r.Message = known.Message()
	for _, detail := range known.Details() {
		r.Details = append(r.Details, detail.Type()+" "+hex.EncodeToString(detail.Bytes()))
	}
	// what came with an error, headers and trailers in one
	keep(r.Trailers, known.Meta())
}

func keep(into map[string]string, from http.Header) {
	for name, values := range from {
		if name = strings.ToLower(name); strings.HasPrefix(name, "head-") || strings.HasPrefix(name, "tail-") {
			into[name] = strings.Join(values, ",")
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "walker:", err)
	os.Exit(1)
}

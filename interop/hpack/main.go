// Encodes and decodes header blocks with golang.org/x/net/http2/hpack, as told by JSON lines on stdin; answers in JSON lines.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"

	"golang.org/x/net/http2/hpack"
)

// One order. Strings are hexadecimal, for a field may hold any byte.
type order struct {
	// "new": both sides from the beginning; "encode"; "decode"; "encoder-size" and "decoder-limit": the table's size.
	Do     string
	Fields []field
	Block  string
	Size   uint32
}

type field struct {
	Name, Value string
	Sensitive   bool
}

type answer struct {
	Block  string
	Fields []field
	Error  string
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	var block bytes.Buffer
	var encoder *hpack.Encoder
	var decoder *hpack.Decoder
	for in.Scan() {
		var order order
		must(json.Unmarshal(in.Bytes(), &order))
		switch order.Do {
		case "new":
			encoder = hpack.NewEncoder(&block)
			decoder = hpack.NewDecoder(4096, nil)
		case "encoder-size":
			encoder.SetMaxDynamicTableSize(order.Size)
		case "decoder-limit":
			decoder.SetAllowedMaxDynamicTableSize(order.Size)
		case "encode":
			block.Reset()
			for _, f := range order.Fields {
				must(encoder.WriteField(hpack.HeaderField{Name: text(f.Name), Value: text(f.Value), Sensitive: f.Sensitive}))
			}
			must(out.Encode(answer{Block: hex.EncodeToString(block.Bytes())}))
		case "decode":
			var result answer
			list, err := decoder.DecodeFull([]byte(text(order.Block)))
			if err != nil {
				result.Error = err.Error()
			}
			for _, f := range list {
				result.Fields = append(result.Fields, field{hex.EncodeToString([]byte(f.Name)), hex.EncodeToString([]byte(f.Value)), f.Sensitive})
			}
			must(out.Encode(result))
		default:
			panic("unknown order " + order.Do)
		}
	}
	must(in.Err())
}

func text(digits string) string {
	bytes, err := hex.DecodeString(digits)
	must(err)
	return string(bytes)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

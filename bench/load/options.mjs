import { readArguments } from "../harness/arguments.mjs";

/** What every JavaScript load understands; the Go load has the same flags. */
export function readLoadOptions() {
  const options = readArguments({
    addr: "127.0.0.1:8080",
    mode: "unary", // unary, server, client, bidi, cancel-storm, idle, break, abandon
    c: 1, // calls or streams at once
    conns: 1, // connections
    n: 0, // end after so many calls, messages or round trips
    seconds: 0, // end after so many seconds
    warmup: 0, // seconds before the measurement begins
    messages: 1000, // of one stream in the modes server and client
    size: 43, // encoded bytes of one message
    idle: 0, // idle bidi streams opened on the same connections beforehand
    pid: 0, // process of the server, for its CPU seconds
    grow: false, // idle: read the next number of streams from each line of standard input, end with it
    hold: false, // keep the connections after the measurement, until standard input ends
    tls: false, // any certificate
    protocol: "grpc", // what is spoken
    http: "2", // the version of HTTP
  });
  if (options.n === 0 && options.seconds === 0 && options.mode !== "idle") options.seconds = 3;
  return options;
}

// 2,000 connections that each send garbage, of kinds that fail at different places. No descriptor may stay: run.mjs counts them.
import { Code, frame, PREFACE, settings, Type, windowUpdate } from "../../raw/frames.mjs";
import { refusedOrSurvived } from "../verdicts.mjs";

export const name = "2,000 garbage connections";
export const limitMs = 60_000;

const good = Buffer.concat([PREFACE, settings()]);
const garbage = [
  Buffer.alloc(200, 0xff),
  Buffer.from("GET / HTTP/1.1\r\nhost: a\r\n\r\n"),
  Buffer.concat([PREFACE, Buffer.alloc(100, 0xaa)]),
  Buffer.concat([good, frame(Type.DATA, 0, 0, Buffer.alloc(10))]),
  Buffer.concat([good, frame(Type.HEADERS, 4, 2, Buffer.of(0x82))]),
  Buffer.concat([good, frame(Type.HEADERS, 4, 1, Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))]),
  Buffer.concat([good, windowUpdate(0, 0x7fffffff)]),
  Buffer.concat([good, frame(Type.PUSH_PROMISE, 4, 1, Buffer.alloc(8))]),
  Buffer.concat([good, frame(Type.SETTINGS, 0, 0, Buffer.alloc(5))]),
  Buffer.concat([good, frame(Type.GOAWAY, 0, 0, Buffer.alloc(8))]),
];
const CODES = [
  Code.PROTOCOL_ERROR,
  Code.FRAME_SIZE_ERROR,
  Code.COMPRESSION_ERROR,
  Code.FLOW_CONTROL_ERROR,
  Code.STREAM_CLOSED,
  Code.NO_ERROR,
];
CODES.push(Code.HTTP_1_1_REQUIRED);

export async function attack(target) {
  let open = 0;
  for (let done = 0; done < 2000; done += 100) {
    const connections = await target.openMany(100, { preface: false });
    // They never close: that is the server's part.
    for (const [i, connection] of connections.entries()) connection.write(garbage[(done + i) % garbage.length]);
    await connections[0].until(() => connections.every((connection) => connection.ended), 1000);
    for (const connection of connections) {
      refusedOrSurvived(connection, CODES);
      if (!connection.ended) open++;
    }
  }
  return `${2000 - open} closed by the server within a second, ${open} left to its timer`;
}

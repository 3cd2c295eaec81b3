// How the runner and the programs under test talk: each message after four bytes of its length, the most significant first.
import { fromBinary, toBinary } from "@bufbuild/protobuf";

/** The messages that arrive on a stream, to its end. */
export async function* readMessages(schema, input) {
  let held = Buffer.alloc(0);
  for await (const chunk of input) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE()) {
      const end = 4 + held.readUInt32BE();
      yield fromBinary(schema, held.subarray(4, end));
      held = held.subarray(end);
    }
  }
}

export function writeMessage(schema, message, output) {
  const bytes = toBinary(schema, message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  output.write(Buffer.concat([length, bytes]));
}

// How the runner and the programs under test talk: each message after four bytes of its length, the most significant first.
import { fromBinary, toBinary } from "@bufbuild/protobuf";

const PREFIX = 4;
/** The runner sends no larger message: what claims to be is something else. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The messages that arrive on a stream, to its end. Throws when a message is larger than the runner's can be, or cut off. */
export async function* readMessages(schema, input) {
  let held = Buffer.alloc(0);
  for await (const chunk of input) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length >= PREFIX) {
      const length = held.readUInt32BE();
      if (length > MAX_BYTES) throw new Error(`a message of ${length} bytes is not from the runner of the suite`);
      const end = PREFIX + length;
      if (held.length < end) break;
      yield fromBinary(schema, held.subarray(PREFIX, end));
      held = held.subarray(end);
    }
  }
  if (held.length > 0) throw new Error(`the input ended ${held.length} bytes into a message`);
}

export function writeMessage(schema, message, output) {
  const bytes = toBinary(schema, message);
  const length = Buffer.alloc(PREFIX);
  length.writeUInt32BE(bytes.length);
  output.write(Buffer.concat([length, bytes]));
}

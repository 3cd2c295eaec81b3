/** What is known of a message beside its content. */
export interface MessageInfo {
  /** Whether the message was compressed on the wire. */
  readonly compressed: boolean;
  /** The length of the encoded (and compressed) message in bytes, without its prefix. */
  readonly encodedBytes: number;
}

export type SendMap = (message: unknown) => unknown;
export type ReceiveMap = (message: unknown, info: MessageInfo) => unknown;

/** The functions through which interceptors see and change the messages of one call, in the order they were added. */
export class MessageMaps {
  private readonly sendMaps: SendMap[] = [];
  private readonly receiveMaps: ReceiveMap[] = [];

  /** The first interceptor is the outermost: it sees a sent message first. */
  addSend(map: SendMap): void {
    this.sendMaps.push(map);
  }

  /** The first interceptor is the outermost: it sees a received message last. */
  addReceive(map: ReceiveMap): void {
    this.receiveMaps.unshift(map);
  }

  send(message: unknown): unknown {
    let mapped = message;
    for (const map of this.sendMaps) mapped = map(mapped);
    return mapped;
  }

  receive(message: unknown, info: MessageInfo): unknown {
    let mapped = message;
    for (const map of this.receiveMaps) mapped = map(mapped, info);
    return mapped;
  }
}

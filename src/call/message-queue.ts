/** What waits in order: a ring that grows to what it had to hold at most, and is nothing while it has held nothing. */
export class MessageQueue<Message> {
  size = 0;
  #ring: (Message | undefined)[] = NOTHING;
  #head = 0;

  push(message: Message): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.size) & (this.#ring.length - 1)] = message;
    this.size++;
  }

  shift(): Message | undefined {
    if (this.size === 0) return undefined;
    const message = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.size--;
    return message;
  }

  clear(): void {
    this.size = 0;
    this.#ring = NOTHING;
    this.#head = 0;
  }

  #grow(): void {
    const { length } = this.#ring;
    const ring = new Array<Message | undefined>(Math.max(4, length * 2)).fill(undefined);
    for (let i = 0; i < length; i++) ring[i] = this.#ring[(this.#head + i) & (length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}

const NOTHING: [] = [];

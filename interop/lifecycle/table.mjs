// What the run found, as a table: a row for each way to end, a column for each peer.
export class Table {
  #title;
  #columns = [];
  #rows = new Map();

  constructor(title) {
    this.#title = title;
  }

  /** `bound` is the promise in ms, or words. */
  set(row, bound, column, cell) {
    if (!this.#columns.includes(column)) this.#columns.push(column);
    const known = this.#rows.get(row) ?? {
      bound: typeof bound === "number" ? `${bound.toLocaleString("en")} ms` : bound,
      cells: new Map(),
    };
    this.#rows.set(row, known);
    known.cells.set(column, cell);
  }

  lines() {
    if (this.#rows.size === 0) return [];
    const width = Math.max(this.#title.length, ...[...this.#rows.keys()].map((row) => row.length)) + 2;
    const line = (head, bound, cells) =>
      `  ${head.padEnd(width)}${bound.padEnd(12)}${cells.map((cell) => cell.padEnd(20)).join("")}`.trimEnd();
    return [
      line(this.#title, "bound", this.#columns),
      ...[...this.#rows].map(([row, { bound, cells }]) =>
        line(
          row,
          bound,
          this.#columns.map((column) => cells.get(column) ?? "–"),
        ),
      ),
    ];
  }
}

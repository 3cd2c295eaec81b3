/** Prints the line that all loads share the shape of. */
export function printLine(options, figures) {
  console.log(JSON.stringify({ mode: options.mode, c: options.c, conns: options.conns, ...figures }));
}

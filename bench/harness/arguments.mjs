/**
 * Reads `--name value` and `--flag` by a table of defaults: a number, a string, or false for a flag.
 * An unknown name or a number that is none ends the program with a sentence.
 */
export function readArguments(defaults, argv = process.argv.slice(2)) {
  const values = { ...defaults };
  for (let i = 0; i < argv.length; i++) {
    const name = argv[i].replace(/^--/, "");
    if (!argv[i].startsWith("--") || !(name in defaults)) refuse(`unknown argument ${argv[i]}; known: ${known(defaults)}`);
    const kind = typeof defaults[name];
    if (kind === "boolean") {
      values[name] = true;
      continue;
    }
    const text = argv[++i];
    if (text === undefined) refuse(`--${name} needs a value`);
    values[name] = kind === "number" ? Number(text) : text;
    if (Number.isNaN(values[name])) refuse(`--${name} needs a number, not ${text}`);
  }
  return values;
}

/** Ends the program with a sentence: the arguments were wrong. */
export function refuse(sentence) {
  console.error(sentence);
  process.exit(2);
}

const known = (defaults) =>
  Object.entries(defaults)
    .map(([name, value]) => (value === false ? `--${name}` : `--${name} <${value}>`))
    .join(" ");

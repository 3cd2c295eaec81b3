import { parseArgs } from "node:util";

/** The options of a script; a wrong one ends the process with the usage line. */
export function readArguments(usage, options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${error.message}\nusage: ${usage}`);
    process.exit(2);
  }
}

/** A whole number within bounds, or the end of the process with a sentence. */
export function wholeNumber(name, text, low, high) {
  const value = Number(text);
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  console.error(`${name} must be a whole number from ${low} to ${high}, not ${text}`);
  process.exit(2);
}

/** The largest request of health and reflection, in bytes: it holds a name, and a watch keeps it for as long as it lasts. */
export const MAX_REQUEST_BYTES: number = 4_096;

const SHOWN = 200;

/** A name that a client asked for, as it stands in an error's message, which has to fit into a header. */
export function shown(name: string): string {
  return name.length <= SHOWN ? name : `${name.slice(0, SHOWN)}…`;
}

import { Field, FieldKind, type Fields } from "../base/field.js";
import { badOption } from "../base/usage-error.js";

/** Which of several implementations of a service is meant (Dubbo's group and version). Both empty: the one that has neither. */
export interface ServiceKey {
  readonly group: string;
  readonly version: string;
}

/** Options that name a service's implementation. */
export interface ServiceKeyOptions {
  /** The group of the service (`tri-service-group`). Default `""`: none. */
  readonly group?: string;
  /** The version of the service (`tri-service-version`). Default `""`: none. */
  readonly version?: string;
}

/** Neither group nor version. */
export const NO_KEY: ServiceKey = Object.freeze({ group: "", version: "" });

/** The key that options say. Throws `UsageError` for what no header can say. */
export function serviceKeyOf({ group = "", version = "" }: ServiceKeyOptions): ServiceKey {
  if (group === "" && version === "") return NO_KEY;
  for (const [name, value] of [
    ["group", group],
    ["version", version],
  ] as const) {
    if (typeof value !== "string" || !SAYABLE.test(value))
      badOption(name, value, "text that a header can hold: visible characters of ASCII");
  }
  return { group, version };
}

const SAYABLE = /^[!-~]*$/;

/** The fields that say the key; what is empty is not said. */
export function serviceKeyFields({ group, version }: ServiceKey): Fields {
  const fields: Field[] = [];
  if (group !== "") fields.push(new Field("tri-service-group", group, false, FieldKind.serviceGroup));
  if (version !== "") fields.push(new Field("tri-service-version", version, false, FieldKind.serviceVersion));
  return fields;
}

/** The key that a request says. Of a field that comes twice, the last counts. */
export function serviceKeyIn(fields: Fields): ServiceKey {
  let group = "";
  let version = "";
  for (const { kind, value } of fields) {
    if (kind === FieldKind.serviceGroup) group = value;
    else if (kind === FieldKind.serviceVersion) version = value;
  }
  return group === "" && version === "" ? NO_KEY : { group, version };
}

/** A key for people: `group "g", version "1.0.0"`. */
export function describeServiceKey({ group, version }: ServiceKey): string {
  const said = [group === "" ? "no group" : `group ${shown(group)}`, version === "" ? "no version" : `version ${shown(version)}`];
  return group === "" && version === "" ? "no group and no version" : said.join(", ");
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}

const MAX_SHOWN = 100;

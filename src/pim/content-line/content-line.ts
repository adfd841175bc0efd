import { LIMITS } from "../limits.ts";

/** A parameter as it stands in the line: the name in upper case, the value raw, with its quotes and commas.
 * `value` is absent for the bare words of vCard 2.1 (`TEL;HOME:`), whose name keeps its case. */
export interface Param {
  readonly name: string;
  readonly value?: string;
}

/** One unfolded line: `[group.]NAME *(;param) : value`; the value is raw, with its escapes. */
export interface ContentLine {
  readonly group?: string;
  readonly name: string;
  readonly params: readonly Param[];
  readonly value: string;
}

const NAME = /^(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_-]+)$/;

/** Where the head ends: the first colon outside double quotes; with an unbalanced quote the first colon; -1 if none. */
export function colonIndex(line: string): number {
  const first = line.indexOf(":");
  const quote = line.indexOf('"');
  if (quote === -1 || quote > first) return first;
  let quoted = false;
  for (let at = quote; at < line.length; at += 1) {
    const char = line.charCodeAt(at);
    if (char === 0x22) quoted = !quoted;
    else if (char === 0x3a && !quoted) return at;
  }
  return first;
}

/** Splits at `separator` outside double quotes. */
function splitUnquoted(text: string, separator: string): readonly string[] {
  if (!text.includes('"')) return text.split(separator);
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const parseParam = (text: string): Param => {
  const equals = text.indexOf("=");
  if (equals === -1) return { name: text.trim() };
  return { name: text.slice(0, equals).trim().toUpperCase(), value: text.slice(equals + 1).trim() };
};

/** Reads one logical line. @returns undefined for a bad line: no colon, no lawful name, too many parameters */
export function parseLine(line: string): ContentLine | undefined {
  const colon = colonIndex(line);
  if (colon === -1) return undefined;
  const [left = "", ...rest] = splitUnquoted(line.slice(0, colon), ";");
  const found = NAME.exec(left.trim());
  if (found === null || rest.length > LIMITS.params) return undefined;
  const [, group, name = ""] = found;
  const params = rest.filter((param) => param.trim() !== "").map(parseParam);
  const value = line.slice(colon + 1);
  const base = { name: name.toUpperCase(), params, value };
  return group === undefined ? base : { group, ...base };
}

/** The line's text, unfolded. */
export function formatLine(line: ContentLine): string {
  const params = line.params.map(({ name, value }) =>
    value === undefined ? `;${name}` : `;${name}=${value}`,
  );
  const group = line.group === undefined ? "" : `${line.group}.`;
  return `${group}${line.name}${params.join("")}:${line.value}`;
}

const unquoted = (value: string): string => value.replaceAll('"', "");

/** All values of a parameter, split at commas and without quotes; [] if the line has none. */
export function paramValues(line: ContentLine, name: string): readonly string[] {
  return line.params.flatMap((param) =>
    param.name === name && param.value !== undefined
      ? splitUnquoted(param.value, ",").map((value) => unquoted(value).trim())
      : [],
  );
}

/** The first value of a parameter, or undefined. */
export const paramValue = (line: ContentLine, name: string): string | undefined =>
  paramValues(line, name)[0];

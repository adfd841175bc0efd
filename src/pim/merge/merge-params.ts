import { paramValues, type ContentLine, type Param } from "../content-line/content-line.ts";
import type { PropertyCap } from "./peer-profile.ts";

/** They say how the value is written, so they belong to whoever wrote it. */
const OF_THE_VALUE = new Set(["ENCODING", "CHARSET", "VALUE"]);

const storable = (name: string, cap: PropertyCap): ReadonlySet<string> | undefined | "none" =>
  cap.params.has(name) ? cap.params.get(name) : "none";

const namesIn = (line: ContentLine): readonly string[] => [
  ...new Set(line.params.map(({ name }) => name)),
];

const ofName = (line: ContentLine, name: string): readonly Param[] =>
  line.params.filter((param) => param.name === name);

/** A value that a line cannot hold bare stands in quotes. */
const joined = (name: string, values: readonly string[]): readonly Param[] =>
  values.length === 0
    ? []
    : [{ name, value: values.map((each) => (/[,;:]/.test(each) ? `"${each}"` : each)).join(",") }];

const isAmong = (value: string, values: ReadonlySet<string>): boolean =>
  values.has(value.toUpperCase());

/** @returns the parameters of `line` that the peer keeps */
export const keptParams = (line: ContentLine, cap: PropertyCap): readonly Param[] =>
  namesIn(line).flatMap((name) => {
    const values = storable(name, cap);
    if (OF_THE_VALUE.has(name) || values === undefined) return ofName(line, name);
    if (values === "none") return [];
    return joined(
      name,
      paramValues(line, name).filter((value) => isAmong(value, values)),
    );
  });

/**
 * The parameters of a line that both sides have: the peer's word on those that it keeps, ours on the others. One that
 * it should not keep and sends all the same counts as its word.
 */
export function mergeParams(
  held: ContentLine,
  incoming: ContentLine,
  cap: PropertyCap,
): readonly Param[] {
  const names = [...new Set([...namesIn(incoming), ...namesIn(held)])];
  return names.flatMap((name) => {
    const theirs = ofName(incoming, name);
    if (OF_THE_VALUE.has(name)) return theirs;
    const values = storable(name, cap);
    if (values === "none") return theirs.length > 0 ? theirs : ofName(held, name);
    if (values === undefined) return theirs;
    const said = paramValues(incoming, name);
    const unsaid = paramValues(held, name).filter(
      (value) => !isAmong(value, values) && !said.some((one) => isSame(one, value)),
    );
    return unsaid.length === 0 ? theirs : joined(name, [...said, ...unsaid]);
  });
}

const isSame = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();

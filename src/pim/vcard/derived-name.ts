import type { ContentLine } from "../content-line/content-line.ts";
import { splitEscaped, unescapeText } from "../content-line/escape.ts";

const first = (lines: readonly ContentLine[], name: string): string =>
  lines.find((line) => line.name === name && line.value.trim() !== "")?.value ?? "";

const words = (parts: readonly (string | undefined)[]): string =>
  parts
    .map((part) => unescapeText(part ?? "").trim())
    .filter((part) => part !== "")
    .join(" ");

/** The formatted name that vCard 3.0 demands, made from what a card has: the parts of N in the order prefix, first,
 * middle, last, suffix, else ORG, NICKNAME, EMAIL, TEL; "" if it has none of them. */
export function derivedName(lines: readonly ContentLine[]): string {
  const [last, given, middle, prefix, suffix] = splitEscaped(first(lines, "N"), ";");
  const name = words([prefix, given, middle, last, suffix]);
  if (name !== "") return name;
  const others = [splitEscaped(first(lines, "ORG"), ";")[0] ?? ""];
  for (const property of ["NICKNAME", "EMAIL", "TEL"]) others.push(first(lines, property));
  return words([others.find((value) => value.trim() !== "")]);
}

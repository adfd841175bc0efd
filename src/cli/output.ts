import type { Writable } from "node:stream";

export function printLine(stream: Writable, text: string): void {
  stream.write(`${text}\n`);
}

/** Data for programs: the whole value, indented. */
export function printJson(stream: Writable, value: unknown): void {
  printLine(stream, JSON.stringify(value, null, 2));
}

/** Data for people: a heading and a row each, columns aligned; nothing at all for no rows. */
export function printTable(
  stream: Writable,
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  if (rows.length === 0) return;
  const lines = [heading, ...rows.map((row) => row.map(visible))];
  const widths = heading.map((_, at) => Math.max(...lines.map((line) => (line[at] ?? "").length)));
  for (const line of lines) {
    const cells = line.map((cell, at) => cell.padEnd(widths[at] ?? 0));
    printLine(stream, cells.join("  ").trimEnd());
  }
}

/** Titles come from peers: what would move a terminal's cursor is shown as a question mark. */
const visible = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");

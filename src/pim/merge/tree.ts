import { formatLine, parseLine, type ContentLine } from "../content-line/content-line.ts";
import { LIMITS } from "../limits.ts";

/** One line, with its text as it stands. */
export interface Entry {
  readonly line: ContentLine;
  readonly text: string;
}

/** One BEGIN...END block: its own lines, and the blocks in it. */
export interface Block {
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly blocks: readonly Block[];
}

/** A whole item. `badLines` cannot be read; they are kept as they are. */
export interface Tree {
  readonly root: Block;
  readonly badLines: readonly string[];
}

interface OpenBlock {
  readonly name: string;
  readonly entries: Entry[];
  readonly blocks: Block[];
}

/** @returns undefined for a text that is not exactly one whole block, or nested too deep */
export function readTree(lines: readonly string[]): Tree | undefined {
  const open: OpenBlock[] = [];
  const roots: Block[] = [];
  const badLines: string[] = [];
  for (const text of lines) {
    const line = parseLine(text);
    const name = line?.value.trim().toUpperCase() ?? "";
    if (line === undefined) badLines.push(text);
    else if (line.name === "BEGIN") {
      if (open.length >= LIMITS.nesting) return undefined;
      open.push({ name, entries: [], blocks: [] });
    } else if (line.name === "END") {
      const closed = open.pop();
      if (closed?.name !== name) return undefined;
      (open.at(-1)?.blocks ?? roots).push(closed);
    } else open.at(-1)?.entries.push({ line, text });
  }
  const [root] = roots;
  if (root === undefined || roots.length > 1 || open.length > 0) return undefined;
  return { root, badLines };
}

export const entryOf = (line: ContentLine): Entry => ({ line, text: formatLine(line) });

/** The unfolded lines of a tree; those that cannot be read stand before the last END, where they do least harm. */
export function writeTree({ root, badLines }: Tree): readonly string[] {
  const lines = blockLines(root);
  return [...lines.slice(0, -1), ...badLines, ...lines.slice(-1)];
}

const blockLines = ({ name, entries, blocks }: Block): readonly string[] => [
  `BEGIN:${name}`,
  ...entries.map((entry) => entry.text),
  ...blocks.flatMap(blockLines),
  `END:${name}`,
];

/** Values under their keys, in order. */
export function grouped<K, V>(pairs: Iterable<readonly [K, V]>): ReadonlyMap<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}

import { LIMITS } from "../limits.ts";
import { parseLine, type ContentLine } from "./content-line.ts";

/** One BEGIN...END block. `first` and `last` are the indexes of its BEGIN and END in the lines it was read from. */
export interface Component {
  readonly name: string;
  readonly lines: readonly ContentLine[];
  readonly components: readonly Component[];
  readonly first: number;
  readonly last: number;
}

export interface Components {
  /** The outermost blocks that are complete, in order. */
  readonly roots: readonly Component[];
  /** A block was begun and not ended, or the nesting is deeper than the limit. */
  readonly broken: boolean;
  /** Indexes of lines that cannot be read; their text stays where it is. */
  readonly badLines: readonly number[];
}

interface Open {
  readonly name: string;
  readonly first: number;
  readonly lines: ContentLine[];
  readonly components: Component[];
}

/** Groups logical lines into blocks. Never throws; an END that ends nothing is a bad line. */
export function parseComponents(lines: readonly string[]): Components {
  const roots: Component[] = [];
  const badLines: number[] = [];
  const open: Open[] = [];
  const end = (name: string, last: number): boolean => {
    const top = open.at(-1);
    if (top?.name !== name) return false;
    open.pop();
    (open.at(-1)?.components ?? roots).push({ ...top, last });
    return true;
  };
  for (const [index, text] of lines.entries()) {
    const line = parseLine(text);
    if (line === undefined) badLines.push(index);
    else if (line.name === "BEGIN") {
      if (open.length >= LIMITS.nesting) return { roots, broken: true, badLines };
      open.push({ name: blockName(line), first: index, lines: [], components: [] });
    } else if (line.name === "END") {
      if (!end(blockName(line), index)) badLines.push(index);
    } else open.at(-1)?.lines.push(line);
  }
  return { roots, broken: open.length > 0, badLines };
}

const blockName = (line: ContentLine): string => line.value.trim().toUpperCase();

/** Every line of that name in the block itself, not in the blocks inside. */
export const linesNamed = (component: Component, name: string): readonly ContentLine[] =>
  component.lines.filter((line) => line.name === name);

/** The first line of that name, or undefined. */
export const lineNamed = (component: Component, name: string): ContentLine | undefined =>
  component.lines.find((line) => line.name === name);

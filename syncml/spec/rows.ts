/** The structures that `elements.ts` spells out. */
export type ShapeName =
  | "SyncHdr"
  | "Location"
  | "Cred"
  | "Chal"
  | "Item"
  | "MapItem"
  | "Add"
  | "Alert"
  | "Atomic"
  | "Copy"
  | "Delete"
  | "Exec"
  | "Get"
  | "Map"
  | "Move"
  | "Put"
  | "Replace"
  | "Results"
  | "Search"
  | "Sequence"
  | "Status"
  | "Sync"
  | "Meta"
  | "Anchor"
  | "Mem"
  | "DevInf"
  | "Ext"
  | "DataStore"
  | "ContentType"
  | "DSMem"
  | "CTCap"
  | "Property"
  | "PropParam";

/**
 * What an element holds. `token`: text without meaning in outer whitespace (trimmed); `text`: kept as written;
 * `cmdId`: a token that is neither empty nor "0"; `flag`: empty, its presence says true; `data`: a Data element;
 * `numbers`: a list of SyncType; a shape name: that structure.
 */
export type Holds = "text" | "token" | "cmdId" | "number" | "flag" | "data" | "numbers" | ShapeName;

/** The standard's occurrence marks; `list` is `*` whose model field is absent where there is none. */
export type Occurs = "1" | "?" | "*" | "list";

export type Since = "1.0" | "1.1" | "1.2";

/** One line of a content model: element name, field of the model, what it holds, how often, from which version on. */
export interface Row {
  readonly name: string;
  readonly field: string;
  readonly holds: Holds;
  readonly occurs: Occurs;
  readonly since: Since;
  /** Taken for a required element that a peer left out. */
  readonly fallback?: string;
  /** Leaving this element out for a peer of an older version would change what the message says. */
  readonly isEssential?: true;
  /** Other spellings that are read, never written. */
  readonly aliases?: readonly string[];
}

/** A structure: its rows in document order; `holdsCommands` where commands follow the last row. */
export interface Shape {
  readonly rows: readonly Row[];
  readonly holdsCommands?: true;
}

type Options = Partial<Pick<Row, "since" | "fallback" | "isEssential" | "aliases">>;

const row =
  (occurs: Occurs) =>
  (name: string, field: string, holds: Holds, options: Options = {}): Row => ({
    name,
    field,
    holds,
    occurs,
    since: "1.0",
    ...options,
  });

/** Exactly one. */
export const one = row("1");
/** At most one. */
export const opt = row("?");
/** Any number, an empty array where there is none. */
export const many = row("*");
/** Any number, no field where there is none. */
export const list = row("list");

/**
 * The commands of PROTOCOL.md section 2, one row each. `p1`/`p2` are fixed bytes or say what stands there; a `p2` of
 * a write may carry NOBODY_BIT. `shows` says what a trace may show of the data: `all`, `none` (PIN, PUK, contents),
 * `objects` (peer tags and synchronization objects, hidden unless asked for).
 */
export interface CommandSpec {
  readonly cla: 0x00 | 0x80;
  readonly ins: number;
  readonly p1: number | "database";
  readonly p2: number | "mode" | "flags" | "reference" | "object";
  readonly isChainable?: boolean;
  readonly isWrite?: boolean;
  /** What must have been verified since SELECT. */
  readonly needs: "nothing" | "pin" | "pinOrPuk";
  readonly shows: "all" | "objects" | "none";
}

/** P2 of CREATE, UPDATE, REVIVE, DELETE: the write is nobody's, whatever sync is open. */
export const NOBODY_BIT = 0x80;
/** P2 of VERIFY, CHANGE and UNBLOCK. */
export const REFERENCE = { pin: 0x81, puk: 0x82 } as const;
/** P2 of LIST CHANGES. */
export const LIST_MODE = { ids: 0x00, full: 0x01 } as const;
/** P2 of START SYNC. */
export const START_MAY_EVICT = 0x02;
/** P2 of ABORT SYNC. */
export const ABORT_DROPS_PENDING = 0x01;

export const COMMANDS = {
  select: { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00, needs: "nothing", shows: "all" },
  verify: { cla: 0x00, ins: 0x20, p1: 0x00, p2: "reference", needs: "nothing", shows: "none" },
  changeReference: {
    cla: 0x00,
    ins: 0x24,
    p1: 0,
    p2: "reference",
    needs: "nothing",
    shows: "none",
  },
  unblock: { cla: 0x00, ins: 0x2c, p1: 0x00, p2: "reference", needs: "nothing", shows: "none" },
  getData: { cla: 0x00, ins: 0xca, p1: 0xdf, p2: "object", needs: "nothing", shows: "all" },
  listDatabases: { cla: 0x80, ins: 0x10, p1: 0x00, p2: 0x00, needs: "pin", shows: "all" },
  startSync: { cla: 0x80, ins: 0x12, p1: "database", p2: "flags", needs: "pin", shows: "objects" },
  listChanges: { cla: 0x80, ins: 0x14, p1: "database", p2: "mode", needs: "pin", shows: "objects" },
  read: { cla: 0x80, ins: 0x16, p1: "database", p2: 0x00, needs: "pin", shows: "none" },
  readImage: { cla: 0x80, ins: 0x16, p1: "database", p2: 0x01, needs: "pin", shows: "none" },
  create: write(0x18, 0x00, "none", true),
  update: write(0x18, 0x01, "none", true),
  revive: write(0x18, 0x02, "none", true),
  delete: write(0x1a, 0x00, "all"),
  touch: write(0x1a, 0x01, "all"),
  commitSync: write(0x1c, 0x00, "objects"),
  prepareSync: write(0x1c, 0x01, "objects"),
  abortSync: { cla: 0x80, ins: 0x1e, p1: "database", p2: "flags", needs: "pin", shows: "all" },
  listPeers: { cla: 0x80, ins: 0x22, p1: 0x00, p2: 0x00, needs: "pin", shows: "objects" },
  forgetPeer: write(0x24, 0x00, "objects"),
  wipe: { cla: 0x80, ins: 0x26, p1: 0x57, p2: 0x49, needs: "pinOrPuk", shows: "all" },
  putLabel: write(0x28, 0x00, "all"),
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;

function write<P2 extends number, Shows extends CommandSpec["shows"]>(
  ins: number,
  p2: P2,
  shows: Shows,
  isChainable = false,
) {
  return {
    cla: 0x80,
    ins,
    p1: "database",
    p2,
    isChainable,
    isWrite: true,
    needs: "pin",
    shows,
  } as const;
}

/** Commands whose P2 may carry {@link NOBODY_BIT}. */
const AS_NOBODY: ReadonlySet<CommandName> = new Set(["create", "update", "revive", "delete"]);

const ROWS = Object.entries(COMMANDS) as [CommandName, CommandSpec][];

/** What a command's first four bytes mean; `segment` is CLA's chaining bit taken away. */
export type Lookup =
  | { readonly type: "command"; readonly name: CommandName; readonly spec: CommandSpec }
  | { readonly type: "unknownCla" | "unknownIns" | "wrongParameters" };

/** Finds the row; P1 of "database" and P2 that are not fixed are left to the command. */
export const lookUp = (cla: number, ins: number, p1: number, p2: number): Lookup => {
  if (cla !== 0x00 && cla !== 0x80) return { type: "unknownCla" };
  const sameIns = ROWS.filter(([, spec]) => spec.cla === cla && spec.ins === ins);
  if (sameIns.length === 0) return { type: "unknownIns" };
  const row = sameIns.find(([name, spec]) => isP1(spec, p1) && isP2(name, spec, p2));
  return row ? { type: "command", name: row[0], spec: row[1] } : { type: "wrongParameters" };
};

const isP1 = (spec: CommandSpec, p1: number): boolean => spec.p1 === "database" || spec.p1 === p1;

const isP2 = (name: CommandName, spec: CommandSpec, p2: number): boolean =>
  typeof spec.p2 === "string" || (AS_NOBODY.has(name) ? p2 & ~NOBODY_BIT : p2) === spec.p2;

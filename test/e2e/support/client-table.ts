/** What was applied on one side, as the client says it. */
export interface AppliedCounts {
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
  readonly errors: number;
}

/** One datastore's rows of the table that SyncEvolution prints at the end of a sync. */
export interface DatastoreResult {
  /** The client's name of the datastore. */
  readonly name: string;
  /** What the peer's changes did to the client. */
  readonly local: AppliedCounts;
  /** What the client's changes did to the peer. */
  readonly remote: AppliedCounts;
  readonly conflicts: number;
  /** `two-way`, `slow`, ...; undefined where it failed before that was known. */
  readonly type?: string;
  /** Its own words where it failed, such as `authorization failed (remote, status 401)`. */
  readonly failure?: string;
}

const COUNTS = /^\|\s+(\S+) \|((?:\s+\d+\s+\|){9})$/;
const TYPE = /^\|\s+([a-z-]+), \d+ KB sent by client/;
const FAILURE = /^\|\s+(\S.*\bstatus \d+\))\s+\|$/;

/** Reads the table; an empty list where there is none. */
export function parseClientTable(output: string): readonly DatastoreResult[] {
  const results: DatastoreResult[] = [];
  for (const line of output.split("\n")) {
    const [, name, numbers] = COUNTS.exec(line) ?? [];
    if (name !== undefined && numbers !== undefined) {
      results.push({ name, ...countsOf(numbers) });
      continue;
    }
    const last = results.at(-1);
    if (last === undefined) continue;
    const type = TYPE.exec(line)?.[1];
    const failure = FAILURE.exec(line)?.[1];
    if (type !== undefined) results[results.length - 1] = { ...last, type };
    else if (failure !== undefined && last.failure === undefined)
      results[results.length - 1] = { ...last, failure };
    if (line.includes(" start ")) break;
  }
  return results;
}

function countsOf(numbers: string): Pick<DatastoreResult, "local" | "remote" | "conflicts"> {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, conflicts = 0] = numbers
    .split("|")
    .map(Number);
  return {
    local: { added: a, changed: b, deleted: c, errors: d },
    remote: { added: e, changed: f, deleted: g, errors: h },
    conflicts,
  };
}

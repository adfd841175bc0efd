import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import type { ConflictWinner } from "../../../../src/bridge/conflict.ts";
import {
  decideDelete,
  decidePut,
  type ChangedBy,
  type PutFacts,
  type RecordState,
} from "../../../../src/bridge/item-rules.ts";
import type { MapRow } from "../../../../src/bridge/map-row.ts";
import { toLuid } from "../../../../syncml/index.ts";

const row: MapRow = {
  recordId: 7 as RecordId,
  luid: toLuid("L"),
  receivedHash: "old",
  sentState: "idle",
  createdGen: 1,
};
const untouched: RecordState = {
  changedBy: "nobody",
  isDeleted: false,
  hash: "old",
  strongKey: "anna",
};

interface Case {
  readonly isAdd?: boolean;
  readonly hash?: string;
  readonly strongKey?: string;
  readonly row?: Partial<MapRow>;
  readonly record?: Partial<RecordState>;
  readonly intents?: readonly string[];
  readonly winner?: ConflictWinner;
  readonly baseGeneration?: number;
}

function facts(given: Case): PutFacts {
  return {
    isAdd: given.isAdd ?? false,
    hash: given.hash ?? "new",
    strongKey: given.strongKey ?? "anna",
    mapped: { row: { ...row, ...given.row }, record: { ...untouched, ...given.record } },
    intentHashes: given.intents ?? [],
    baseGeneration: given.baseGeneration ?? 1,
    resolve: () => given.winner ?? "both",
  };
}

const put = (given: Case): string => {
  const action = decidePut(facts(given));
  const settled = action.type === "keep" ? (action.isSettled ? " settled" : " open") : "";
  const old = action.type === "createForReusedLuid" ? ` ${action.old}` : "";
  return `${action.type} ${String(action.status)}${settled}${old}`;
};

describe("decidePut", () => {
  it("creates what it never heard of, also for a Replace, and a LUID whose item both sides deleted", () => {
    const { mapped: _none, ...unknown } = facts({});
    expect(decidePut(unknown)).toEqual({ type: "create", status: 201 });
    expect(put({ row: { deletedGen: 1 } })).toBe("create 201");
  });

  it("writes an edit of a record that nobody touched", () => {
    expect(put({})).toBe("update 200");
    expect(put({ isAdd: true })).toBe("update 200");
  });

  it("writes nothing where both sides hold the same", () => {
    expect(put({ hash: "old" })).toBe("keep 200 settled");
    expect(put({ record: { changedBy: "others", hash: "new" } })).toBe("keep 200 settled");
  });

  it("rule 2: takes a repeat of what was received or sent for no edit; the card's state stands", () => {
    expect(put({ hash: "old", record: { changedBy: "others", hash: "theirs" } })).toBe(
      "keep 200 open",
    );
    expect(
      put({
        hash: "sent",
        row: { sentHash: "sent" },
        record: { changedBy: "others", hash: "theirs" },
      }),
    ).toBe("keep 200 open");
  });

  it("rule 2: counts an unfinished intent only where others have changed the record since", () => {
    const intents = ["new"];
    expect(put({ intents, record: { changedBy: "others", hash: "theirs" } })).toBe("keep 200 open");
    expect(put({ intents })).toBe("update 200");
    expect(put({ intents, record: { changedBy: "peer", hash: "theirs" } })).toBe("update 200");
  });

  it("rule 3: lets the peer's edit win where it has seen the record as it is", () => {
    const winner = "card";
    expect(put({ winner, record: { changedBy: "peer", hash: "x" } })).toBe("update 200");
    expect(put({ winner, record: { changedBy: "othersSeen", hash: "x" } })).toBe("update 200");
    expect(
      put({ winner, row: { sentHash: "x" }, record: { changedBy: "others", hash: "x" } }),
    ).toBe("update 200");
  });

  it("writes what the peer goes back to over its own unconfirmed edit", () => {
    expect(put({ hash: "old", record: { changedBy: "peer", hash: "edit" } })).toBe("update 200");
  });

  it.each([
    ["card", "keep 419 open"],
    ["peer", "update 208"],
    ["both", "copy 209"],
  ] as const)("leaves a real conflict to the policy: %s", (winner, expected) => {
    expect(put({ winner, record: { changedBy: "others", hash: "theirs" } })).toBe(expected);
  });

  it("rule 5: makes a new record for a LUID that names another item", () => {
    const other = { isAdd: true, strongKey: "bert" };
    expect(put(other)).toBe("createForReusedLuid 201 delete");
    expect(put({ ...other, row: { createdGen: 2 } })).toBe("createForReusedLuid 201 sendAgain");
    expect(put({ strongKey: "bert" })).toBe("update 200");
    expect(put({ ...other, hash: "old" })).toBe("keep 200 settled");
  });

  it("rule 6: revives what others deleted and the peer modified, and lets a repeat stay deleted", () => {
    const gone: Partial<RecordState> = { changedBy: "others", isDeleted: true };
    expect(put({ record: gone })).toBe("revive 208");
    expect(put({ hash: "old", record: { ...gone, hash: "gone" } })).toBe("keep 200 open");
    expect(put({ record: { changedBy: "peer", isDeleted: true } })).toBe("revive 200");
  });
});

describe("decideDelete", () => {
  const remove = (
    changedBy: ChangedBy,
    more: Partial<RecordState> = {},
    of: Partial<MapRow> = {},
  ) => decideDelete({ row: { ...row, ...of }, record: { ...untouched, changedBy, ...more } });

  it("deletes a record that the peer has seen as it is", () => {
    for (const changedBy of ["nobody", "peer", "othersSeen"] as const)
      expect(remove(changedBy)).toEqual({ type: "delete", status: 200 });
    expect(remove("others", { hash: "sent" }, { sentHash: "sent" })).toMatchObject({
      type: "delete",
    });
  });

  it("rule 6: sends back what others have modified", () => {
    expect(remove("others", { hash: "theirs" })).toEqual({ type: "sendBack", status: 419 });
  });

  it("answers a repeat with 200 and an unknown LUID with 211", () => {
    expect(remove("others", { isDeleted: true })).toMatchObject({ type: "keep", status: 200 });
    expect(remove("nobody", {}, { deletedGen: 1 })).toMatchObject({ type: "keep", status: 200 });
    expect(decideDelete(undefined)).toMatchObject({ type: "keep", status: 211 });
  });
});

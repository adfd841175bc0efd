import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../card/index.ts";
import {
  planUndo,
  resolveCreations,
  type UndoChange,
  type UndoFacts,
} from "../../../../src/bridge/undo-plan.ts";

const id = (value: number): RecordId => value as RecordId;
const change = (
  recordId: number | undefined,
  before: string | undefined,
  after: string | undefined,
): UndoChange => ({ ...(recordId === undefined ? {} : { recordId: id(recordId) }), before, after });
const live = (records: Record<number, string>): ReadonlyMap<RecordId, string> =>
  new Map(Object.entries(records).map(([key, hash]) => [id(Number(key)), hash]));

const plan = (
  changes: readonly UndoChange[],
  records: Record<number, string>,
  successors: UndoFacts["successors"] = new Map(),
): readonly string[] =>
  planUndo({ changes, live: live(records), successors }).map(
    ({ type, recordId, isChangedSince }) =>
      `${type} ${String(recordId)}${isChangedSince ? " changed since" : ""}`,
  );

describe("planUndo", () => {
  it.each<[string, UndoChange, Record<number, string>, readonly string[]]>([
    ["an added record goes", change(1, undefined, "b"), { 1: "b" }, ["delete 1"]],
    ["a replaced one gets its former content", change(1, "a", "b"), { 1: "b" }, ["replace 1"]],
    ["a deleted one comes back", change(1, "a", undefined), {}, ["restore 1"]],
    ["one that is as before is passed over", change(1, "a", "b"), { 1: "a" }, []],
    ["an added one that is gone is passed over", change(1, undefined, "b"), {}, []],
    ["an edit since is named", change(1, "a", "b"), { 1: "c" }, ["replace 1 changed since"]],
    ["a deletion since is named", change(1, "a", "b"), {}, ["restore 1 changed since"]],
    [
      "a record that came back otherwise is named",
      change(1, "a", undefined),
      { 1: "c" },
      ["replace 1 changed since"],
    ],
    [
      "an edit of what was added is named",
      change(1, undefined, "b"),
      { 1: "c" },
      ["delete 1 changed since"],
    ],
  ])("%s", (_name, made, records, expected) => {
    expect(plan([made], records)).toEqual(expected);
  });

  it("counts the first content and every state in which the sync may have left a record", () => {
    const twice = [change(1, "a", "b"), change(1, "a", "c"), change(1, "a", undefined)];
    for (const now of ["b", "c"]) expect(plan(twice, { 1: now })).toEqual(["replace 1"]);
    expect(plan(twice, {})).toEqual(["restore 1"]);
    expect(plan(twice, { 1: "d" })).toEqual(["replace 1 changed since"]);
  });

  it("passes over what the sync itself added and deleted again", () => {
    expect(plan([change(1, undefined, "b"), change(1, undefined, undefined)], {})).toEqual([]);
  });

  it("works on the record that stands for one that could not be revived, however far", () => {
    const successors = new Map([
      [id(1), id(5)],
      [id(5), id(9)],
    ]);
    expect(plan([change(1, "a", undefined)], { 9: "a" }, successors)).toEqual([]);
    expect(plan([change(1, "a", undefined)], {}, successors)).toEqual(["restore 9"]);
  });

  it("ends where damaged data goes round in a circle", () => {
    const circle = new Map([
      [id(1), id(2)],
      [id(2), id(1)],
    ]);
    expect(plan([change(1, "a", undefined)], {}, circle)).toHaveLength(1);
  });
});

describe("resolveCreations", () => {
  const find = (
    changes: readonly UndoChange[],
    records: Record<number, string>,
    taken: readonly number[] = [],
  ): readonly (number | undefined)[] =>
    resolveCreations({
      changes,
      live: live(records),
      newestBefore: 10,
      taken: new Set(taken.map(id)),
    }).map(({ recordId }) => recordId);

  it("finds the record that a creation made: younger, and of the same content", () => {
    expect(find([change(undefined, undefined, "b")], { 9: "b", 11: "x", 12: "b" })).toEqual([12]);
  });

  it("leaves out a creation that made nothing, or whose record is another's", () => {
    expect(find([change(undefined, undefined, "b")], { 9: "b" })).toEqual([]);
    expect(find([change(undefined, undefined, "b")], { 12: "b" }, [12])).toEqual([]);
  });

  it("gives each of two equal creations its own record", () => {
    const twins = [change(undefined, undefined, "b"), change(undefined, undefined, "b")];
    expect(find(twins, { 12: "b", 13: "b" })).toEqual([12, 13]);
    expect(find(twins, { 12: "b" })).toEqual([12]);
  });
});

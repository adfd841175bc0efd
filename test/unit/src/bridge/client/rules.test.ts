import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../../card/index.ts";
import {
  decideDelete,
  decideReplace,
  type NamedRecord,
} from "../../../../../src/bridge/client/item-rules.ts";
import type { ListedRecord } from "../../../../../src/bridge/client/listed-record.ts";
import { planClient } from "../../../../../src/bridge/client/plan.ts";
import { linkSides, serverIdentity } from "../../../../../src/bridge/client/server-identity.ts";
import { peerTagOf } from "../../../../../src/bridge/peer-tag.ts";

const listed = (id: number, more: Partial<ListedRecord> = {}): ListedRecord => ({
  recordId: id as RecordId,
  kind: "modified",
  changedBy: "others",
  isOwnCreation: false,
  hash: "h",
  strongKey: "",
  ...more,
});

describe("planClient: what package 3 says", () => {
  const plan = (
    records: readonly ListedRecord[],
    sets: { readonly inHand?: readonly number[]; readonly missing?: readonly number[] } = {},
  ): readonly string[] =>
    planClient({
      listed: records,
      inHand: new Set((sets.inHand ?? []) as RecordId[]),
      missing: new Set((sets.missing ?? []) as RecordId[]),
    }).map(({ op, recordId }) => `${op} ${String(recordId)}`);

  it("names the card's changes: Deletes, Replaces, Adds", () => {
    const records = [
      listed(1, { kind: "added" }),
      listed(2),
      listed(3, { kind: "deleted", hash: "" }),
    ];
    expect(plan(records)).toEqual(["delete 3", "replace 2", "add 1"]);
  });

  it("leaves out what is the server's own, and what it had in hand", () => {
    const records = [
      listed(1, { changedBy: "server" }),
      listed(2, { isOwnCreation: true }),
      listed(3),
    ];
    expect(plan(records, { inHand: [3] })).toEqual([]);
  });

  it("leaves out what was changed while the list was read", () => {
    expect(plan([listed(1, { hash: "" })])).toEqual([]);
  });

  it("adds what the server says it does not have", () => {
    expect(plan([listed(1)], { missing: [1] })).toEqual(["add 1"]);
  });
});

const record = (more: Partial<NamedRecord> = {}): NamedRecord => ({
  state: "live",
  isUntold: false,
  hash: "ours",
  inHand: [],
  ...more,
});
const replace = (named: NamedRecord, winner: "card" | "peer" | "both" = "both"): unknown =>
  decideReplace(named, "theirs", () => winner);

describe("a server's Replace", () => {
  it("is applied: the server has resolved what it was told of", () => {
    expect(replace(record())).toEqual({ type: "write" });
    expect(replace(record({ state: "deleted", hash: "" }))).toEqual({ type: "write" });
    expect(replace(record({ state: "unlisted", hash: "" }))).toEqual({ type: "write" });
  });

  it("needs no write where the record holds it", () => {
    expect(replace(record({ hash: "theirs", isUntold: true }))).toMatchObject({
      type: "keep",
      status: 200,
      isTouched: false,
    });
  });

  it("does not overwrite what was changed after the same Replace came before", () => {
    const repeated = record({ isUntold: true, inHand: [{ hash: "theirs" }] });
    expect(replace(repeated)).toMatchObject({ type: "keep", status: 200, isTouched: true });
  });

  it("is applied where that write never happened", () => {
    const undone = record({ isUntold: true, inHand: [{ hash: "theirs", beforeHash: "ours" }] });
    expect(replace(undone)).toEqual({ type: "write" });
  });

  it("is a conflict of ours to resolve where the server was not told of the card's change", () => {
    const untold = record({ isUntold: true });
    expect(replace(untold, "card")).toMatchObject({ type: "keep", status: 417, isTouched: true });
    expect(replace(untold, "peer")).toEqual({ type: "write" });
    expect(replace(untold, "both")).toEqual({ type: "copy", isTouched: true });
  });
});

describe("a server's Delete", () => {
  it("is carried out, but not against a change that the server was not told of", () => {
    expect(decideDelete(record())).toEqual({ type: "delete" });
    expect(decideDelete(record({ isUntold: true }))).toMatchObject({
      status: 419,
      isTouched: true,
    });
    expect(decideDelete(record({ state: "deleted" }))).toMatchObject({ status: 200 });
    const undone = record({ isUntold: true, inHand: [{ beforeHash: "ours" }] });
    expect(decideDelete(undone)).toEqual({ type: "delete" });
  });
});

describe("serverIdentity", () => {
  const tag = (url: string, datastore = "card"): string =>
    peerTagOf(serverIdentity({ url, user: "u", datastore }));

  it("is the same for spellings that mean the same", () => {
    const expected = tag("https://example.org/sync");
    expect(tag("HTTPS://Example.ORG:443/sync/")).toBe(expected);
    expect(tag("https://example.org/sync", "./card")).toBe(expected);
  });

  it("is another one for another path, port or datastore", () => {
    const tags = [
      tag("https://example.org/sync"),
      tag("https://example.org/Sync"),
      tag("https://example.org:8443/sync"),
      tag("http://example.org/sync"),
      tag("https://example.org/sync", "cal"),
    ];
    expect(new Set(tags).size).toBe(tags.length);
  });

  it("is no name that a device may have by chance", () => {
    const { device } = linkSides({ url: "https://example.org/", user: "u", datastore: "card" });
    expect(device).toBe("server https://example.org");
  });
});

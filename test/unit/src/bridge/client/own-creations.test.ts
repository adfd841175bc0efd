import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../../card/index.ts";
import { type OwnCreation, OwnCreations } from "../../../../../src/bridge/client/own-creations.ts";

const made = (id: number, more: Partial<OwnCreation> = {}): OwnCreation => ({
  recordId: id as RecordId,
  isDeleted: false,
  isEdited: false,
  hash: `h${String(id)}`,
  strongKey: `k${String(id)}`,
  ...more,
});

const find = (
  creations: readonly OwnCreation[],
  hash: string,
  strongKey = "",
): string | undefined => {
  const found = new OwnCreations(creations).find({ hash, strongKey });
  return found === undefined ? undefined : `${String(found.creation.recordId)} ${found.type}`;
};

describe("OwnCreations: an Add that comes again", () => {
  it("is the record of equal content, before one of the same name", () => {
    expect(find([made(1), made(2, { strongKey: "k" })], "h1", "k")).toBe("1 same");
  });

  it("brings a later content to the record of the same name", () => {
    expect(find([made(1)], "new", "k1")).toBe("1 newer");
  });

  it("leaves what somebody changed since, where it is what the record once was", () => {
    expect(find([made(1, { isEdited: true, receivedHash: "old" })], "old", "k1")).toBe("1 edited");
  });

  it("leaves it, too, where nobody knows what the record once was", () => {
    expect(find([made(1, { isEdited: true })], "other", "k1")).toBe("1 edited");
  });

  it("is a new item where both sides have changed it", () => {
    const edited = made(1, { isEdited: true, receivedHash: "old" });
    expect(find([edited], "other", "k1")).toBeUndefined();
  });

  it("is a deleted record's where an intent tells what that held", () => {
    const gone = made(1, { isDeleted: true, isEdited: true, hash: "", receivedHash: "old" });
    expect(find([gone], "old", "k1")).toBe("1 edited");
    expect(find([made(1, { isDeleted: true, hash: "", strongKey: "" })], "")).toBeUndefined();
  });

  it("is a new item where it has no name and another content", () => {
    expect(find([made(1, { strongKey: "" })], "new", "")).toBeUndefined();
  });

  it("is matched once", () => {
    const creations = new OwnCreations([made(1), made(2, { hash: "h1" })]);
    creations.take(1 as RecordId);
    expect(creations.find({ hash: "h1", strongKey: "" })?.creation.recordId).toBe(2);
    expect(creations.unmatched()).toHaveLength(1);
  });
});

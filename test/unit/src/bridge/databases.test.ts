import { describe, expect, it } from "vitest";
import { findDatastore } from "../../../../src/bridge/databases.ts";
import { peerTagOf } from "../../../../src/bridge/peer-tag.ts";

describe("findDatastore", () => {
  it.each([
    ["contacts", "contacts"],
    ["./contacts", "contacts"],
    ["./Contacts/", "contacts"],
    ["card", "contacts"],
    ["./scard?dec", "contacts"],
    ["cal", "calendar"],
    ["event", "calendar"],
    ["task", "tasks"],
    ["./note", "notes"],
    ["/memo", "notes"],
  ])("knows %s as %s", (uri, name) => {
    expect(findDatastore(uri)).toBe(name);
  });

  it.each([
    "",
    ".",
    "./",
    "../../etc/passwd",
    "contacts\0",
    "./contacts%00",
    "__proto__",
    "x".repeat(2000),
  ])("knows nobody called %j", (uri) => {
    expect(findDatastore(uri)).toBeUndefined();
  });
});

describe("peerTagOf", () => {
  const peer = { role: "server", user: "u", device: "d", datastore: "./c" } as const;

  it("is 8 bytes and the same at every bridge", () => {
    expect(peerTagOf(peer)).toMatch(/^[0-9a-f]{16}$/);
    expect(peerTagOf({ ...peer })).toBe(peerTagOf(peer));
  });

  it("keeps fields apart that run together", () => {
    expect(peerTagOf({ ...peer, user: "ud", device: "" })).not.toBe(peerTagOf(peer));
    expect(peerTagOf({ ...peer, role: "client" })).not.toBe(peerTagOf(peer));
  });
});

import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../../../src/store/cipher.ts";

const key = randomBytes(32);
const cipher = createCipher(key);
const storeError = expect.objectContaining({ code: "BRIDGE_STORE" }) as unknown;

describe("createCipher", () => {
  it("opens what it sealed, whatever the bytes and the place", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.string(), (plain, aad) => {
        expect(Buffer.from(cipher.open(cipher.seal(plain, aad), aad))).toEqual(Buffer.from(plain));
      }),
    );
  });

  it("seals the same bytes differently each time", () => {
    const seal = (): string => Buffer.from(cipher.seal(Buffer.from("same"), "x")).toString("hex");
    expect(seal()).not.toBe(seal());
  });

  it("does not show the plain bytes", () => {
    const sealed = Buffer.from(cipher.seal(Buffer.from("Ada Lovelace"), "x"));
    expect(sealed.includes("Ada")).toBe(false);
  });

  it("refuses another place, another key, and any changed or missing byte", () => {
    const sealed = cipher.seal(Buffer.from("content"), "row 1");
    expect(() => cipher.open(sealed, "row 2")).toThrow(storeError);
    expect(() => createCipher(randomBytes(32)).open(sealed, "row 1")).toThrow(storeError);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => cipher.open(changed, "row 1")).toThrow(storeError);
      expect(() => cipher.open(sealed.subarray(0, at), "row 1")).toThrow(storeError);
    }
  });
});

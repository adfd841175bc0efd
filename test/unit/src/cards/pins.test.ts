import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configuredPins } from "../../../../src/cards/configured-pins.ts";
import { PinBook } from "../../../../src/cards/pin-book.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-pins-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pinFile(text: string, mode = 0o600): string {
  const path = join(folder, "pins");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe("PINs that are set down", () => {
  it("come from the environment before the file", () => {
    expect(configuredPins({ pin: "0123", pinFile: pinFile("9999") })).toEqual([{ pin: "0123" }]);
    expect(configuredPins({})).toEqual([]);
  });

  it("stand one to a line, with the reader that they are for", () => {
    const text = "# mine\n0123\r\n\n  4567   ACS ACR39U 00 \n#8888\n";
    expect(configuredPins({ pinFile: pinFile(text) })).toEqual([
      { pin: "0123" },
      { pin: "4567", reader: "ACS ACR39U 00" },
    ]);
  });

  it("come from systemd's credential, where there is one", () => {
    expect(configuredPins({ credentialsDirectory: folder })).toEqual([]);
    writeFileSync(join(folder, "cardsync-pin"), "2468\n");
    expect(configuredPins({ credentialsDirectory: folder })).toEqual([{ pin: "2468" }]);
  });

  it.each([
    ["that others can read", () => pinFile("1234", 0o640)],
    ["that is not there", () => join(folder, "none")],
    ["that is a folder", () => (mkdirSync(join(folder, "d"), { mode: 0o700 }), join(folder, "d"))],
    ["that is too large", () => pinFile("1234\n".repeat(20_000))],
  ])("are not taken from a file %s", (_, path) => {
    expect(() => configuredPins({ pinFile: path() })).toThrow(
      expect.objectContaining({ code: "BRIDGE_CONFIG" }) as Error,
    );
  });

  it("are not in the error about their file", () => {
    const path = pinFile("13572468", 0o644);
    expect(() => configuredPins({ pinFile: path })).not.toThrow(/13572468/);
  });
});

describe("the PIN for a card in a reader", () => {
  it("is the one that was set down for this reader, before the one for all", () => {
    const book = new PinBook([{ pin: "1111" }, { pin: "2222", reader: "ACR39U" }]);
    expect(book.pinFor("ACS ACR39U 00 00")).toBe("2222");
    expect(book.pinFor("Omnikey")).toBe("1111");
    expect(new PinBook([{ pin: "2222", reader: "ACR39U" }]).pinFor("Omnikey")).toBeUndefined();
  });

  it("is the one that was right there last, before any that was set down", () => {
    const book = new PinBook([{ pin: "1111" }]);
    book.wasRight("A", "3333");
    expect([book.pinFor("A"), book.pinFor("B")]).toEqual(["3333", "1111"]);
  });

  it("is the only one that was ever right, where nothing is known of the reader", () => {
    const book = new PinBook([]);
    expect(book.pinFor("A")).toBeUndefined();
    book.wasRight("A", "3333");
    expect(book.pinFor("B")).toBe("3333");
    book.wasRight("C", "4444");
    expect(book.pinFor("B")).toBeUndefined();
  });
});

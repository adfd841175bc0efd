import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DEFAULT_DECODE_LIMITS, decodeMessage, SyncmlError } from "../../../../syncml/index.ts";
import type { DecodeLimits, Message } from "../../../../syncml/index.ts";

interface Vector {
  readonly name: string;
  readonly hex: string;
  /** The same message in XML. */
  readonly xml?: string;
  readonly error?: string;
}

const vectors = JSON.parse(readFileSync("test/vectors/wbxml.json", "utf8")) as Vector[];

const decode = (bytes: Uint8Array, limits: DecodeLimits = DEFAULT_DECODE_LIMITS): Message =>
  decodeMessage(bytes, undefined, limits).message;

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "nothing was thrown";
  } catch (error) {
    return error instanceof SyncmlError ? error.code : String(error);
  }
};

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, "hex");

describe("WBXML vectors", () => {
  const good = vectors.filter((vector) => vector.xml !== undefined);
  it.each(good)("reads $name", ({ hex, xml = "" }) => {
    expect(decode(bytesOf(hex))).toEqual(decode(new TextEncoder().encode(xml)));
  });

  const bad = vectors.filter((vector) => vector.error !== undefined);
  it.each(bad)("refuses $name", ({ hex, error }) => {
    expect(codeOf(() => decode(bytesOf(hex)))).toBe(error);
  });

  it.each(good)("refuses every prefix of $name", ({ hex }) => {
    const bytes = bytesOf(hex.replace(/(?:00)+$/, ""));
    for (let end = 0; end < bytes.length; end += 1) {
      expect(codeOf(() => decode(bytes.subarray(0, end)))).toMatch(/^SYNCML_/);
    }
  });
});

describe("WBXML bombs", () => {
  const header = (table: Uint8Array): Uint8Array => {
    const { length } = table;
    const size = [0x80 | (length >> 14), 0x80 | ((length >> 7) & 0x7f), length & 0x7f];
    return Uint8Array.from([2, 0xa4, 1, 0x6a, ...size]);
  };

  it("counts what it decodes: one long string, a hundred thousand times", () => {
    const table = new Uint8Array(1_000_000).fill(0x61);
    const body = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x83, 0])));
    const bomb = Buffer.concat([header(table), table, Buffer.from([0x6d]), body]);
    expect(codeOf(() => decode(bomb))).toBe("SYNCML_TOO_LARGE");
  });

  it("counts literal names as well", () => {
    const table = new Uint8Array(1_000_000).fill(0x61);
    const body = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x04, 0])));
    const bomb = Buffer.concat([header(table), table, Buffer.from([0x6d]), body]);
    expect(codeOf(() => decode(bomb))).toBe("SYNCML_TOO_LARGE");
  });

  it("counts elements", () => {
    const bomb = Buffer.concat([bytesOf("02a4016a006d"), Buffer.alloc(1_000_000, 0x14)]);
    expect(codeOf(() => decode(bomb))).toBe("SYNCML_TOO_LARGE");
  });

  it("refuses a million open elements without recursing into them", () => {
    const bomb = Buffer.concat([bytesOf("02a4016a006d"), Buffer.alloc(1_000_000, 0x54)]);
    expect(codeOf(() => decode(bomb))).toBe("SYNCML_MALFORMED");
  });

  it("lets nested documents share the limits of the message", () => {
    const nested = vectors.find((vector) => vector.name === "a DevInf document in an opaque");
    const bytes = bytesOf(nested?.hex ?? "");
    const elements = 19;
    expect(codeOf(() => decode(bytes, { ...DEFAULT_DECODE_LIMITS, maxElements: elements }))).toBe(
      "nothing was thrown",
    );
    const fewer = { ...DEFAULT_DECODE_LIMITS, maxElements: elements - 1 };
    expect(codeOf(() => decode(bytes, fewer))).toBe("SYNCML_TOO_LARGE");
  });

  it("refuses a body one byte over the limit before it looks into it", () => {
    const bytes = bytesOf("02a4016a006d");
    const limits = { ...DEFAULT_DECODE_LIMITS, maxBytes: bytes.length - 1 };
    expect(codeOf(() => decode(bytes, limits))).toBe("SYNCML_TOO_LARGE");
  });
});

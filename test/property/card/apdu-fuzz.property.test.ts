import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeTlvs, encodeTlv } from "../../../card/apdu/tlv.ts";
import { decodeCommand, encodeCommand } from "../../../card/apdu/command-apdu.ts";
import { crc16 } from "../../../card/commands/crc16.ts";
import { fuzzCard } from "../../support/card/fuzz/fuzz-run.ts";
import { text } from "../../support/card/virtual.ts";

/** Some ten thousand APDUs in `npm test`; `npm run fuzz:apdu` sends a million. */
const CARDS = 80;

test("whatever comes, the card answers by the rules, lets nothing out before the PIN, and stays a card", () => {
  fc.assert(
    fc.property(fc.nat(0x7fff_ffff), (seed) => {
      expect(fuzzCard(seed).apdus).toBeGreaterThan(0);
    }),
    { numRuns: CARDS },
  );
});

test("commands and TLVs are decoded to what was encoded", () => {
  fc.assert(
    fc.property(
      fc.record({ cla: fc.nat(255), ins: fc.nat(255), p1: fc.nat(255), p2: fc.nat(255) }),
      fc.uint8Array({ maxLength: 255 }),
      fc.option(fc.integer({ min: 1, max: 256 }), { nil: undefined }),
      (head, data, le) => {
        const apdu = { ...head, data, ...(le === undefined ? {} : { le }) };
        expect(decodeCommand(encodeCommand(apdu))).toEqual(apdu);
      },
    ),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(0x80, 0xa5, 0xdf01),
      fc.uint8Array({ maxLength: 400, size: "max" }),
      (tag, value) => {
        expect(decodeTlvs(encodeTlv(tag, value))).toEqual([{ tag, value }]);
        expect(decodeTlvs(encodeTlv(tag, value).subarray(0, -1))).not.toEqual([{ tag, value }]);
      },
    ),
  );
});

test("the checksum is that of ISO 3309", () => {
  expect(crc16(text("123456789"))).toBe(0x906e);
});

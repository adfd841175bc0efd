import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex } from "../../../card/apdu/bytes.ts";
import { decodeTlvs, encodeTlv } from "../../../card/apdu/tlv.ts";
import { decodeCommand, encodeCommand } from "../../../card/apdu/command-apdu.ts";
import { COMMANDS } from "../../../card/commands/table.ts";
import { crc16 } from "../../../card/commands/crc16.ts";
import { createBench, text } from "../../support/card/virtual.ts";

const specs = Object.values(COMMANDS);
const command = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .record({
      spec: fc.constantFrom(...specs),
      p1: fc.nat(6),
      p2: fc.nat(255),
      data: fc.uint8Array({ maxLength: 255 }),
      chained: fc.boolean(),
    })
    .map(({ spec, p1, p2, data, chained }) =>
      encodeCommand({
        cla: spec.cla | (chained ? 0x10 : 0),
        ins: spec.ins,
        p1: typeof spec.p1 === "number" ? spec.p1 : p1,
        p2: typeof spec.p2 === "number" ? spec.p2 : p2,
        data,
        le: 256,
      }),
    ),
);
const SELECT = fromHex("00a4040008f050494d4442310100");
const VERIFY = fromHex("002000810431323334");

test("whatever comes, the card answers in one block, and nothing private before the PIN", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), fc.boolean(), (commands, isVerified) => {
      const { card, nvm } = createBench({ sizeKb: 16, headerCount: 20 });
      card.transmit(SELECT);
      if (isVerified) card.transmit(VERIFY);
      const before = nvm.image.slice(320);
      for (const bytes of commands) {
        const answer = card.transmit(bytes);
        expect(answer.length).toBeGreaterThanOrEqual(2);
        expect(answer.length).toBeLessThanOrEqual(250);
      }
      if (!isVerified) expect(nvm.image.slice(320)).toEqual(before);
    }),
    { numRuns: 150 },
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

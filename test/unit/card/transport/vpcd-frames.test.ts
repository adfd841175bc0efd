import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes } from "../../../../card/apdu/bytes.ts";
import { VIRTUAL_CARD_ATR } from "../../../../card/transport/vpcd-card.ts";
import {
  CONTROL,
  encodeControl,
  encodeFrame,
  FrameReader,
} from "../../../../card/transport/vpcd-frames.ts";

test("a frame is its length and its body", () => {
  expect(encodeControl(CONTROL.askAtr)).toEqual(Uint8Array.of(0, 1, 4));
  expect(encodeFrame(new Uint8Array(300)).subarray(0, 2)).toEqual(Uint8Array.of(1, 44));
});

test("frames come out as they went in, however the socket cuts them", () => {
  const body = fc.uint8Array({ maxLength: 300, size: "max" });
  fc.assert(
    fc.property(
      fc.array(body, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (bodies, cuts) => {
        const stream = concatBytes(...bodies.map(encodeFrame));
        const reader = new FrameReader();
        const found: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const length = cuts[turn % cuts.length] ?? 1;
          found.push(...reader.push(stream.subarray(at, at + length)));
          at += length;
        }
        expect(found).toEqual(bodies);
      },
    ),
  );
});

test("our ATR is well formed: its check byte, and as many historical bytes as it says", () => {
  const [ts, t0 = 0] = VIRTUAL_CARD_ATR;
  expect(ts).toBe(0x3b);
  expect(VIRTUAL_CARD_ATR.subarray(1).reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
  const interfaceBytes = 4;
  expect(VIRTUAL_CARD_ATR.length).toBe(2 + interfaceBytes + (t0 & 0x0f) + 1);
});

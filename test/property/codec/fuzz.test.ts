import { expect, it } from "vitest";
import { fuzzCodec } from "../../support/codec-fuzz/fuzz-run.ts";

it("decoders refuse faults by typed errors, at a bounded price, and say again what they understood", () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? 20261123);
  const { inputs, messages } = fuzzCodec(seed, 300_000);
  expect(messages).toBeGreaterThan(inputs / 50);
  expect(messages).toBeLessThan(inputs);
});

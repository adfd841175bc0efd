/**
 * `npm run fuzz:codec`: messages with faults against the decoders, FUZZ_BYTES of them (10,000,000), from FUZZ_SEED
 * (today's second). Exit code 1, the seed and the input where a rule is broken.
 */
import { fuzzCodec } from "./support/codec-fuzz/fuzz-run.ts";

const BYTES = Number(process.env["FUZZ_BYTES"] ?? 10_000_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Date.now() / 1000));

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

say(`FUZZ_SEED=${String(SEED)}`);
try {
  const { bytes, inputs, messages } = fuzzCodec(SEED, BYTES);
  say(
    `${String(bytes)} bytes in ${String(inputs)} inputs, ${String(messages)} understood: no rule is broken`,
  );
} catch (error) {
  say(error instanceof Error ? `${error.message}\n${String(error.cause)}` : String(error));
  process.exitCode = 1;
}

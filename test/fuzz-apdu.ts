/**
 * `npm run fuzz:apdu`: random and mutated APDUs against the virtual card, APDUS of them (1,000,000), from FUZZ_SEED
 * (today's second). Prints how often each status word was the answer; exit code 1 and the seed where a rule is broken.
 */
import { fuzzCard } from "./support/card/fuzz/fuzz-run.ts";

const APDUS = Number(process.env["APDUS"] ?? 1_000_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Date.now() / 1000));

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** @returns the exit code */
const main = (): number => {
  const words = new Map<string, number>();
  let apdus = 0;
  let cards = 0;
  say(`FUZZ_SEED=${String(SEED)}`);
  try {
    for (; apdus < APDUS; cards++) {
      const run = fuzzCard(SEED + cards);
      apdus += run.apdus;
      for (const [word, count] of run.words) words.set(word, (words.get(word) ?? 0) + count);
    }
  } catch (error) {
    say(String(error));
    return 1;
  }
  for (const [word, count] of [...words].sort()) say(`${word} ${String(count).padStart(8)}`);
  say(`${String(apdus)} APDUs against ${String(cards)} cards: no rule is broken`);
  return 0;
};

process.exitCode = main();

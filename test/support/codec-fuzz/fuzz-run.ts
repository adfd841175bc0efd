import { checkDecoders } from "./decode-check.ts";
import { mutate } from "./mutations.ts";
import { Random } from "./random.ts";
import { fuzzSamples } from "./samples.ts";

export interface FuzzedBytes {
  readonly bytes: number;
  readonly inputs: number;
  /** How many of the inputs were messages in spite of their faults. */
  readonly messages: number;
}

/**
 * Feeds the decoders with faulty messages, `bytes` of them at least.
 * @throws BrokenRule with the input
 */
export const fuzzCodec = (seed: number, bytes: number): FuzzedBytes => {
  const random = new Random(seed);
  const samples = fuzzSamples(seed);
  const done = { bytes: 0, inputs: 0, messages: 0 };
  while (done.bytes < bytes) {
    const input = mutate(random.of(samples), random.of(samples), random);
    done.bytes += input.length;
    done.inputs += 1;
    if (checkDecoders(input)) done.messages += 1;
  }
  return done;
};

import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { encodeMessage } from "../../../syncml/index.ts";
import { message } from "../message-arbitrary.ts";

const FOLDERS = ["test/vectors/syncml/", "samples/sessions/"];
const GENERATED = 100;

/** Messages to put faults into: recorded ones, and generated ones in both encodings. */
export const fuzzSamples = (seed: number): readonly Buffer[] => {
  const recorded = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`../../../${folder}`, import.meta.url), {
      recursive: true,
      encoding: "utf8",
    })
      .filter((name) => /\.(xml|wbxml)$/.test(name))
      .map((name) => readFileSync(new URL(`../../../${folder}${name}`, import.meta.url))),
  );
  const generated = fc
    .sample(message, { numRuns: GENERATED, seed })
    .flatMap((value) => [encodeMessage(value, "xml"), encodeMessage(value, "wbxml")])
    .map((bytes) => Buffer.from(bytes));
  return [...recorded, ...generated];
};

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../card/apdu/bytes.ts";
import type { Transport } from "../../../card/transport/transport.ts";

interface Step {
  readonly do: string;
  readonly send?: string;
  readonly expect?: string;
}

interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

const { scenarios } = JSON.parse(
  readFileSync(new URL("../../vectors/apdu.json", import.meta.url), "utf8"),
) as { readonly scenarios: readonly Scenario[] };

const fill = (pattern: string, known: ReadonlyMap<string, string>): string =>
  pattern.replace(/\{(\w+)\}/g, (_, name: string) => known.get(name) ?? `{${name}}`);

/** Checks an answer against its pattern and remembers what `{name:n}` stands for. */
const match = (answer: string, pattern: string, known: Map<string, string>): void => {
  const names: string[] = [];
  const source = fill(pattern, known).replace(
    /\{(\w+):(\d+)\}/g,
    (_, name: string, bytes: string) => {
      names.push(name);
      return `([0-9a-f]{${String(Number(bytes) * 2)}})`;
    },
  );
  const found = new RegExp(`^${source}$`).exec(answer);
  if (!found) expect(answer).toBe(source);
  names.forEach((name, index) => known.set(name, found?.[index + 1] ?? ""));
};

/** Every implementation of the card answers `test/vectors/apdu.json`. @param create makes a new card: PIN 1234, PUK 12345678 */
export const describeApduVectors = (name: string, create: () => Promise<Transport>): void => {
  describe(`${name} answers the vectors`, () => {
    test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
      "%s",
      async (_, scenario) => {
        const transport = await create();
        const known = new Map<string, string>();
        for (const step of scenario.steps) {
          if (step.send === undefined) await transport.reset();
          else {
            const answer = await transport.transmit(fromHex(fill(step.send, known)));
            match(toHex(answer), step.expect ?? "", known);
          }
        }
        await transport.close();
      },
    );
  });
};

import { describe, expect, it } from "vitest";
import { CLIENT_KINDS } from "../faults/client-kinds.ts";
import { type FaultResult, sweep, type SweepOptions } from "../faults/sweep.ts";
import { isBad } from "../faults/table.ts";
import type { CardUnderSync } from "../support/card-under-sync.ts";
import { REFERENCE_SYNCS } from "../support/reference-syncs.ts";

/** A sample in `npm test`, a larger one in CI; `npm run faults` runs all. */
const IS_CI = process.env["CARDSYNC_E2E"] === "1";
const STRIDE = IS_CI ? 31 : 61;

/** With each type of sync another kind of client, in CI all of them. */
const SAMPLES = REFERENCE_SYNCS.flatMap((sync, nth) =>
  CLIENT_KINDS.map((client, at) => ({ sync, client, seed: 13 * nth + 29 * at })).filter(
    (_, at) => IS_CI || at === nth % CLIENT_KINDS.length,
  ),
);

const [twoWay] = REFERENCE_SYNCS;
const [comparing, comparingByMap] = CLIENT_KINDS;

const bad = (results: readonly FaultResult[]): readonly string[] =>
  results
    .filter(isBad)
    .map(({ what, lost, doubled, isSlow, hasFired }) =>
      [what, hasFired ? "" : "not fired", isSlow ? "slow" : "", ...lost, ...doubled].join(", "),
    );

describe("one fault at any step of a sync costs no slow sync, loses nothing and doubles nothing", () => {
  it.each(SAMPLES)(
    "$sync.name; the client $client.name",
    async ({ sync, client, seed }) => {
      const results = await sweep(sync, client, { stride: STRIDE, seed });
      expect(results).not.toEqual([]);
      expect(bad(results)).toEqual([]);
    },
    600_000,
  );
});

/** What comes of a two-way sync where the service forgets something after each fault. */
async function sweepForgetting(
  client: (typeof CLIENT_KINDS)[number] | undefined,
  only: string,
  forget: NonNullable<SweepOptions["afterFault"]>,
): Promise<readonly FaultResult[]> {
  if (twoWay === undefined || client === undefined) throw new Error("no such sync or client");
  return sweep(twoWay, client, { stride: 1, seed: 0, only, afterFault: forget });
}

const forgetPrevious = async ({ world }: CardUnderSync): Promise<void> => {
  const none = { previous_object: null, previous_anchor: null };
  await world.db.updateTable("links").set(none).execute();
};

const forgetPending = async ({ world }: CardUnderSync): Promise<void> => {
  const none = {
    pending_object: null,
    pending_anchor: null,
    pending_phase: null,
    pending_base: null,
  };
  await world.db.updateTable("links").set(none).execute();
};

describe("the sweep sees what the method is there for", { timeout: 600_000 }, () => {
  it("without the previous generation a lost last answer costs a slow sync", async () => {
    const results = await sweepForgetting(comparing, "answer lost", forgetPrevious);
    expect(results.filter(({ isSlow }) => isSlow).map(({ what }) => what)).not.toEqual([]);
  });

  it("without the pending object a service that is killed around the commit costs a slow sync", async () => {
    const results = await sweepForgetting(comparingByMap, "killed at a transaction", forgetPending);
    expect(results.filter(({ isSlow }) => isSlow).map(({ what }) => what)).not.toEqual([]);
  });
});

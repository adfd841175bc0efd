import { describe, expect, it } from "vitest";
import { expectInStep, expectNoChanges, expectSuccess } from "./support/expectations.ts";
import { phoneInStep } from "./support/in-step.ts";
import { loseAnswer } from "./support/proxy.ts";
import { contact } from "./support/samples.ts";
import type { ClientSyncType } from "./support/sync-evolution.ts";

const TYPES: readonly {
  readonly type: ClientSyncType;
  /** Messages at which the answer is lost. */
  readonly faults: readonly number[];
  readonly left: readonly string[];
}[] = [
  { type: "one-way-from-local", faults: [1, 2], left: ["Anna", "Berta", "Carla", "Dora"] },
  { type: "one-way-from-remote", faults: [2, 3], left: ["Anna", "Berta", "Carla", "Dora"] },
  { type: "refresh-from-local", faults: [1, 2], left: ["Anna", "Berta", "Carla"] },
  { type: "refresh-from-remote", faults: [2, 3], left: ["Anna", "Berta", "Dora"] },
];

const CASES = TYPES.flatMap(({ faults, ...rest }) =>
  faults.map((message) => ({ ...rest, message })),
);

/**
 * The client alerts a resume (225) after each of these and is told to start over two-way: not what a half-done refresh
 * may become.
 */
describe("a sync that is not two-way breaks off, and is asked for again: nothing is lost or doubled", () => {
  it.each(CASES)("$type at message $message", async ({ type, message, left }) => {
    const settings = ["SyncMLVersion=1.2", "enableWBXML=0", "enableRefreshSync=1"];
    const { world, phone } = await phoneInStep(["Anna", "Berta"], { settings });
    phone.put("new-1", contact("Carla"));
    await world.importItems("contacts", contact("Dora"));
    world.proxy.restart();
    world.proxy.at(message, loseAnswer);
    expect((await phone.sync({ type })).code).not.toBe(0);
    // The client itself refuses once to turn a sync from its side into a two-way one (403).
    await phone.sync({ type });
    expectSuccess(await phone.sync());
    await expectInStep(world, phone, left);
    await expectNoChanges(world, phone);
  });
});

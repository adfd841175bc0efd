import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  newestHistory,
} from "./support/expectations.ts";
import { phoneInStep } from "./support/in-step.ts";
import { loseAnswer, type Fault } from "./support/proxy.ts";
import { contact } from "./support/samples.ts";
import { statusesIn, type SyncEvolution } from "./support/sync-evolution.ts";
import type { World } from "./support/world.ts";

/** What libsynthesis takes to notice a signal between two messages. */
const NOTICES_MS = 1500;

/** Messages so small that each package takes several. */
const SETTINGS = ["SyncMLVersion=1.2", "enableWBXML=0", "maxMsgSize=4000"];

const PEOPLE = 60;
const people = (side: string): readonly string[] =>
  Array.from({ length: PEOPLE }, (_, at) => `${side} ${String(10 + at)}`);

/** Ctrl-C while the message is under way. */
const interrupt =
  (phone: SyncEvolution): Fault =>
  async (forward) => {
    phone.interrupt();
    await sleep(NOTICES_MS);
    return forward();
  };

async function withManyChanges(type: "two-way" | "slow"): Promise<{
  readonly world: World;
  readonly phone: SyncEvolution;
  readonly titles: readonly string[];
}> {
  const { world, phone } = await phoneInStep(type === "slow" ? [] : ["Anna"], {
    settings: SETTINGS,
  });
  if (type === "slow") await phone.forget();
  for (const [at, name] of people("Phone").entries()) phone.put(`new-${String(at)}`, contact(name));
  await world.importItems("contacts", ...people("Card").map((name) => contact(name)));
  world.proxy.restart();
  const anna = type === "slow" ? [] : ["Anna"];
  return { world, phone, titles: [...anna, ...people("Phone"), ...people("Card")] };
}

/** The next sync has gone on: neither 508 nor 509, and it is the one that was begun. */
async function expectResumed(
  world: World,
  phone: SyncEvolution,
  titles: readonly string[],
  type: string,
): Promise<void> {
  world.proxy.restart();
  const next = await phone.sync();
  expectSuccess(next);
  const refused = statusesIn(next).filter((code) => code === 508 || code === 509);
  expect(refused, next.session).toEqual([]);
  expect(await newestHistory(world.service)).toMatchObject({ typeDone: type, outcome: "ok" });
  await expectInStep(world, phone, titles);
  // What it had sent before it was interrupted within its package 3, the client sends once more.
  expectSuccess(await phone.sync());
  expect(await newestHistory(world.service)).toMatchObject({ typeDone: "two-way" });
  await expectInStep(world, phone, titles);
  await expectNoChanges(world, phone);
}

describe("SyncEvolution is interrupted by Ctrl-C (Alert 224) and goes on (225) where it stopped", () => {
  it.each([3, 5, 7, 9])("in a fast sync, at message %i", async (message) => {
    const { world, phone, titles } = await withManyChanges("two-way");
    world.proxy.at(message, interrupt(phone));
    expect((await phone.sync()).code).not.toBe(0);
    await expectResumed(world, phone, titles, "two-way");
  });

  it.each([4, 8])("in a slow sync, at message %i", async (message) => {
    const { world, phone, titles } = await withManyChanges("slow");
    world.proxy.at(message, interrupt(phone));
    expect((await phone.sync()).code).not.toBe(0);
    await expectResumed(world, phone, titles, "slow");
  });

  it.each([4, 8])("where the answer to message %i is lost instead", async (message) => {
    const { world, phone, titles } = await withManyChanges("two-way");
    world.proxy.at(message, loseAnswer);
    expect((await phone.sync()).code).not.toBe(0);
    await expectResumed(world, phone, titles, "two-way");
  });

  it.each(["the phone", "the card"])("in the middle of a large item of %s", async (side) => {
    const { world, phone } = await phoneInStep(["Anna"], { settings: SETTINGS });
    const large = contact("Berta").replace(/NOTE:.*\r\n/, `NOTE:${"b".repeat(20_000)}\r\n`);
    if (side === "the phone") phone.put("new-1", large);
    else await world.importItems("contacts", large);
    world.proxy.restart();
    world.proxy.at(4, interrupt(phone));
    expect((await phone.sync()).code).not.toBe(0);
    await expectResumed(world, phone, ["Anna", "Berta"], "two-way");
  });

  it("a restart of the service in between: it starts over, fast, and nothing is doubled", async () => {
    const { world, phone, titles } = await withManyChanges("two-way");
    world.proxy.at(5, interrupt(phone));
    expect((await phone.sync()).code).not.toBe(0);
    await world.service.crashAndRestart();
    const next = await phone.sync();
    expectSuccess(next);
    expect(statusesIn(next)).toContain(509);
    expect(await newestHistory(world.service)).toMatchObject({ typeDone: "two-way" });
    await expectInStep(world, phone, titles);
    await expectNoChanges(world, phone);
  });
});

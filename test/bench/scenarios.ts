import { join } from "node:path";
import { editContacts, noteOfRound } from "./contacts.ts";
import type { OurServer } from "./our-server.ts";
import {
  expectContacts,
  measure,
  openOurWorld,
  openPeerWorld,
  type Sample,
  type World,
} from "./worlds.ts";

const FEW = 1000;
const MANY = 5000;
const CHANGES = 10;
const FIRST_ROUNDS = 3;
const ROUNDS = 7;
/** Syncs without changes are short: what the disk does meanwhile shows in each, and only many of them agree. */
const GROWTH_ROUNDS = 25;
const WARM_UP_ROUNDS = 3;
const MANY_ROUNDS = 3;

/** The same syncs with our server and with the peer's. */
export interface Comparison {
  readonly ours: readonly Sample[];
  readonly peer: readonly Sample[];
}

/** Syncs without changes with our server, by the number of contacts on both sides. */
export interface Growth {
  readonly few: readonly Sample[];
  readonly many: readonly Sample[];
}

export interface Measured {
  readonly first: Comparison;
  readonly idle: Comparison;
  readonly changed: Comparison;
  /** The same with 5,000 contacts. */
  readonly firstOfMany: Comparison;
  readonly changedOfMany: Comparison;
  readonly growth: Growth;
}

type Tell = (what: string) => void;

interface Worlds {
  readonly ours: World<OurServer>;
  readonly peer: World;
}

/** Runs everything, ours and the peer in turns. @param root a folder for all that is made */
export async function runScenarios(root: string, tell: Tell): Promise<Measured> {
  tell(`${String(FIRST_ROUNDS)} x slow sync of 1,000 contacts`);
  const { worlds, ...first } = await runFirstSyncs(root);
  try {
    tell(`${String(ROUNDS)} x no change`);
    const idle = await compare(worlds, () => undefined);
    tell(`${String(ROUNDS)} x 10 changes of 1,000`);
    const changed = await compare(worlds, (world, round) => {
      editContacts(world.client.contactsPath, { count: FEW, changes: CHANGES, round });
      return () => expectContacts(world, CHANGES, noteOfRound(round));
    });
    return { first, idle, changed, ...(await runMany(root, worlds.ours, tell)) };
  } finally {
    await closeAll(worlds);
  }
}

/** Each round begins with empty servers and a new client. @returns also the worlds of the last round, open */
async function runFirstSyncs(root: string): Promise<Comparison & { readonly worlds: Worlds }> {
  const ours: Sample[] = [];
  const peer: Sample[] = [];
  for (let round = 1; ; round += 1) {
    const worlds = {
      ours: await openOurWorld(join(root, `ours-${String(round)}`), FEW),
      peer: await openPeerWorld(join(root, `peer-${String(round)}`), FEW),
    };
    ours.push(await measure(worlds.ours, "--sync", "slow"));
    peer.push(await measure(worlds.peer, "--sync", "slow"));
    for (const world of [worlds.ours, worlds.peer]) await expectContacts(world, FEW);
    if (round === FIRST_ROUNDS) return { ours, peer, worlds };
    await closeAll(worlds);
  }
}

/** @param prepare changes a client's contacts before its sync; may return what is to be checked after it */
async function compare(
  worlds: Worlds,
  prepare: (world: World, round: number) => (() => Promise<void>) | undefined,
  rounds = ROUNDS,
): Promise<Comparison> {
  const samples = { ours: [] as Sample[], peer: [] as Sample[] };
  for (let round = 1; round <= rounds; round += 1)
    for (const side of ["ours", "peer"] as const) {
      const check = prepare(worlds[side], round);
      samples[side].push(await measure(worlds[side]));
      await check?.();
    }
  return samples;
}

/** With 5,000 contacts: once a slow sync, some syncs with changes, and those without beside a server that has fewer. */
async function runMany(
  root: string,
  small: World<OurServer>,
  tell: Tell,
): Promise<Pick<Measured, "firstOfMany" | "changedOfMany" | "growth">> {
  const worlds = {
    ours: await openOurWorld(join(root, "ours-many"), MANY),
    peer: await openPeerWorld(join(root, "peer-many"), MANY),
  };
  try {
    tell("1 x slow sync of 5,000 contacts");
    const firstOfMany = {
      ours: [await measure(worlds.ours, "--sync", "slow")],
      peer: [await measure(worlds.peer, "--sync", "slow")],
    };
    for (const world of [worlds.ours, worlds.peer]) await expectContacts(world, MANY);
    tell(`${String(MANY_ROUNDS)} x 10 changes of 5,000`);
    const prepare = (world: World, round: number): (() => Promise<void>) => {
      editContacts(world.client.contactsPath, { count: MANY, changes: CHANGES, round });
      return () => expectContacts(world, CHANGES, noteOfRound(round));
    };
    const changedOfMany = await compare(worlds, prepare, MANY_ROUNDS);
    tell(`${String(GROWTH_ROUNDS)} x no change with 1,000 and with 5,000 contacts`);
    return { firstOfMany, changedOfMany, growth: await runGrowth(small, worlds.ours) };
  } finally {
    await closeAll(worlds);
  }
}

async function runGrowth(small: World<OurServer>, large: World<OurServer>): Promise<Growth> {
  const few: Sample[] = [];
  const many: Sample[] = [];
  for (let round = 1; round <= WARM_UP_ROUNDS + GROWTH_ROUNDS; round += 1) {
    few.push(await measure(small));
    many.push(await measure(large));
  }
  return { few: few.slice(WARM_UP_ROUNDS), many: many.slice(WARM_UP_ROUNDS) };
}

async function closeAll({ ours, peer }: Worlds): Promise<void> {
  await Promise.all([ours.close(), peer.close()]);
}

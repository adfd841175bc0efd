import type { SessionToken, SyncId } from "../model/ids.ts";
import type { EffectResults, ServerEffect, Work } from "../session/effects.ts";
import type { Accounts, Datastores, Devices, Instant, OpenRequest } from "../session/ports.ts";
import type { IncomingChunk } from "../session/incoming-chunk.ts";
import { identify } from "./identify.ts";
import type { ServerLog } from "./log.ts";
import type { Origin } from "./origin.ts";
import { verifyCred } from "./verify-cred.ts";

/** What the effects of a session need. */
export interface EffectPorts {
  readonly datastores: Datastores;
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly random: (bytes: number) => Uint8Array;
  readonly log?: ServerLog;
}

/** Finds what a peer left behind in an earlier session and means to resume; undefined where there is nothing. */
export type FindLeft = (
  request: Omit<OpenRequest, "session">,
) => { readonly syncId: SyncId; readonly chunkIn?: IncomingChunk } | undefined;

/** The session that some work belongs to, and what there is beside it. */
export interface WorkPlace {
  readonly session: SessionToken;
  readonly origin: Origin;
  readonly findLeft: FindLeft;
  /** When the answer should leave, whatever is left to do then. */
  readonly until: Instant;
}

type Performers = {
  readonly [E in ServerEffect as E["type"]]: (effect: E) => Promise<EffectResults[E["type"]]>;
};

/**
 * Runs a session's work: performs each effect in order and gives its result back. Where one fails, the syncs that this
 * work has opened are abandoned, since no state names them.
 */
export async function runWork<T>(work: Work<T>, ports: EffectPorts, place: WorkPlace): Promise<T> {
  const opened: SyncId[] = [];
  const performers = performersOf(ports, place, opened);
  try {
    let step = work.next();
    while (step.done !== true) step = work.next(await performEffect(performers, step.value));
    return step.value;
  } catch (error) {
    await abandonAll(ports.datastores, opened, "the service failed");
    throw error;
  }
}

/** Abandons syncs where something has failed already: what fails now adds nothing. */
export async function abandonAll(
  datastores: Datastores,
  syncIds: readonly SyncId[],
  reason: string,
): Promise<void> {
  for (const syncId of syncIds) await datastores.abandon(syncId, reason).catch(() => undefined);
}

function performEffect(performers: Performers, effect: ServerEffect): Promise<unknown> {
  const perform = performers[effect.type] as (effect: ServerEffect) => Promise<unknown>;
  return perform(effect);
}

function performersOf(ports: EffectPorts, place: WorkPlace, opened: SyncId[]): Performers {
  const { session, origin, until } = place;
  const { datastores, accounts, devices } = ports;
  return {
    verifyCred: (effect) => verifyCred(effect, ports, origin),
    confirmNonce: ({ deviceId }) => accounts.confirmNonce(deviceId).then(() => undefined),
    identify: (effect) => identify(effect, ports),
    loadDevInf: ({ user, deviceId }) => devices.devInf(user, deviceId),
    saveDevInf: async ({ user, deviceId, devInf }) => {
      await devices.saveDevInf(user, deviceId, devInf);
      return undefined;
    },
    describe: ({ user, cardLabel }) => datastores.describe(user, cardLabel),
    open: async ({ request }) => {
      const answer = await datastores.open({ ...request, session });
      if (answer.type === "opened") opened.push(answer.syncId);
      return answer;
    },
    resume: async ({ request }) => {
      const resumed = await resume(datastores, place, request);
      if (resumed !== undefined) opened.push(resumed.opened.syncId);
      return resumed;
    },
    suspend: ({ syncId }) => {
      datastores.suspend(syncId);
      return Promise.resolve(undefined);
    },
    makeSlow: ({ syncId }) => datastores.makeSlow(syncId),
    apply: ({ syncId, operations, isUrgent }) =>
      datastores.apply(syncId, operations, isUrgent ? Infinity : until),
    map: ({ syncId, pairs }) => datastores.map(syncId, pairs),
    acknowledge: async ({ syncId, acknowledgements }) => {
      await datastores.acknowledge(syncId, acknowledgements);
      return undefined;
    },
    endOfChanges: ({ syncId }) => datastores.endOfChanges(syncId, until),
    nextChanges: ({ syncId, maxBytes }) => datastores.nextChanges(syncId, maxBytes, until),
    changesLeave: ({ syncId }) => datastores.changesLeave(syncId),
    finish: ({ syncId }) => datastores.finish(syncId),
    abandon: async ({ syncId, reason }) => {
      await datastores.abandon(syncId, reason);
      return undefined;
    },
  };
}

async function resume(
  datastores: Datastores,
  { session, findLeft }: WorkPlace,
  request: Parameters<FindLeft>[0],
): Promise<EffectResults["resume"]> {
  const left = findLeft(request);
  if (left === undefined) return undefined;
  const opened = await datastores.resume(left.syncId, { ...request, session });
  if (opened === undefined) return undefined;
  return { opened, ...(left.chunkIn === undefined ? {} : { chunkIn: left.chunkIn }) };
}

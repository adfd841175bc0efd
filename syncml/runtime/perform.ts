import type { SessionToken, SyncId } from "../model/ids.ts";
import type { EffectResults, ServerEffect, Work } from "../session/effects.ts";
import type { Accounts, Datastores, Devices } from "../session/ports.ts";
import { verifyCred } from "./verify-cred.ts";

/** What the effects of a session need. */
export interface EffectPorts {
  readonly datastores: Datastores;
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly random: (bytes: number) => Uint8Array;
}

type Performers = {
  readonly [E in ServerEffect as E["type"]]: (effect: E) => Promise<EffectResults[E["type"]]>;
};

/**
 * Runs a session's work: performs each effect in order and gives its result back. Where one fails, the syncs that this
 * work has opened are abandoned, since no state names them.
 */
export async function runWork<T>(
  work: Work<T>,
  ports: EffectPorts,
  session: SessionToken,
): Promise<T> {
  const opened: SyncId[] = [];
  const performers = performersOf(ports, session, opened);
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

function performersOf(ports: EffectPorts, session: SessionToken, opened: SyncId[]): Performers {
  const { datastores, accounts, devices, random } = ports;
  return {
    verifyCred: (effect) => verifyCred(effect, accounts, random),
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
    makeSlow: ({ syncId }) => datastores.makeSlow(syncId),
    apply: ({ syncId, operations }) => datastores.apply(syncId, operations),
    map: ({ syncId, pairs }) => datastores.map(syncId, pairs),
    acknowledge: async ({ syncId, acknowledgements }) => {
      await datastores.acknowledge(syncId, acknowledgements);
      return undefined;
    },
    endOfChanges: ({ syncId }) => datastores.endOfChanges(syncId),
    nextChanges: ({ syncId, maxBytes }) => datastores.nextChanges(syncId, maxBytes),
    changesLeave: ({ syncId }) => datastores.changesLeave(syncId),
    finish: ({ syncId }) => datastores.finish(syncId),
    abandon: async ({ syncId, reason }) => {
      await datastores.abandon(syncId, reason);
      return undefined;
    },
  };
}

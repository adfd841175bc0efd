import type { SessionToken } from "../model/ids.ts";
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

/** Runs a session's work: performs each effect in order and gives its result back. */
export async function runWork<T>(
  work: Work<T>,
  ports: EffectPorts,
  session: SessionToken,
): Promise<T> {
  const performers = performersOf(ports, session);
  let step = work.next();
  while (step.done !== true) step = work.next(await performEffect(performers, step.value));
  return step.value;
}

function performEffect(performers: Performers, effect: ServerEffect): Promise<unknown> {
  const perform = performers[effect.type] as (effect: ServerEffect) => Promise<unknown>;
  return perform(effect);
}

function performersOf(ports: EffectPorts, session: SessionToken): Performers {
  const { datastores, accounts, devices, random } = ports;
  return {
    verifyCred: (effect) => verifyCred(effect, accounts, random),
    loadDevInf: ({ user, deviceId }) => devices.devInf(user, deviceId),
    saveDevInf: async ({ user, deviceId, devInf }) => {
      await devices.saveDevInf(user, deviceId, devInf);
      return undefined;
    },
    describe: ({ user, cardLabel }) => datastores.describe(user, cardLabel),
    open: ({ request }) => datastores.open({ ...request, session }),
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

import type { BridgeWorld } from "../support/bridge-world.ts";
import type { CardUnderSync } from "../support/card-under-sync.ts";
import { ConnectionLost, Suspended } from "../support/scripted-client.ts";
import { hookCommits } from "./commit-hook.ts";
import type { Fault, Steps } from "./fault.ts";

/** Longer than any session may be quiet. */
const TIMEOUT_MS = 400_000;

/** Runs a sync without a fault. @returns its steps */
export async function countSteps(bench: CardUnderSync, code: number): Promise<Steps> {
  const { world } = bench;
  const counts = { apdus: 0, commits: 0 };
  world.resetMessages();
  world.beforeApdu = () => {
    counts.apdus += 1;
  };
  hookCommits({
    before: () => {
      counts.commits += 1;
      return Promise.resolve();
    },
    after: () => Promise.resolve(),
  });
  try {
    const writes = await bench.syncAndCut(code, undefined, "flickers");
    return { ...counts, messages: world.messages, writes };
  } finally {
    clearHooks(world);
  }
}

/**
 * Runs a sync with one fault, and puts right what was wrong: service, card and network are there again.
 * @returns whether the fault came to pass
 */
export async function runWithFault(
  bench: CardUnderSync,
  code: number,
  fault: Fault,
): Promise<boolean> {
  const { world, client } = bench;
  world.resetMessages();
  try {
    switch (fault.kind) {
      case "request lost":
      case "answer lost":
      case "answer twice": {
        const what = (
          { "request lost": "request", "answer lost": "answer", "answer twice": "twice" } as const
        )[fault.kind];
        world.fault = { message: fault.message, what };
        await attempt(bench, code);
        return world.messages >= fault.message;
      }
      case "client restarted":
        world.fault = { message: fault.message, what: "request" };
        await attempt(bench, code);
        client.restore(client.snapshot());
        return world.messages >= fault.message;
      case "timed out":
        return await timeOut(bench, code, fault.message);
      case "suspended and resumed":
      case "suspended and begun anew":
        client.suspendAt = fault.message;
        return (await attempt(bench, code)) instanceof Suspended;
      case "killed at an APDU":
        return await killAtApdu(bench, code, fault);
      case "killed at a transaction":
        return await killAtCommit(bench, code, fault);
      case "card pulled or torn":
        await bench.syncAndCut(code, fault.cut, fault.comeback);
        return true;
    }
  } finally {
    clearHooks(world);
  }
}

function clearHooks(world: BridgeWorld): void {
  world.fault = undefined;
  world.beforeApdu = undefined;
  world.afterApdu = undefined;
  world.beforeMessage = undefined;
  hookCommits(undefined);
}

/** @returns what broke it off, undefined where nothing did */
async function attempt({ client }: CardUnderSync, code: number): Promise<unknown> {
  try {
    await client.sync(code);
    return undefined;
  } catch (error) {
    if (error instanceof ConnectionLost || error instanceof Suspended) return error;
    throw error;
  }
}

/** The client is quiet for too long before a message; what comes of the rest is the service's to say. */
async function timeOut(bench: CardUnderSync, code: number, message: number): Promise<boolean> {
  const { world, client } = bench;
  let hasFired = false;
  world.beforeMessage = async (nth) => {
    if (nth !== message) return;
    hasFired = true;
    world.nowMs += TIMEOUT_MS;
    await world.server.sweep();
  };
  await client.sync(code).catch(() => undefined);
  return hasFired;
}

async function killAtApdu(
  bench: CardUnderSync,
  code: number,
  { apdu, when }: Extract<Fault, { kind: "killed at an APDU" }>,
): Promise<boolean> {
  const { world } = bench;
  let count = 0;
  const strike = async (): Promise<void> => {
    if (count === apdu) await world.die();
  };
  world.beforeApdu = async () => {
    count += 1;
    if (when === "before") await strike();
  };
  if (when === "after") world.afterApdu = strike;
  return (await attempt(bench, code)) instanceof ConnectionLost;
}

async function killAtCommit(
  bench: CardUnderSync,
  code: number,
  { commit, when }: Extract<Fault, { kind: "killed at a transaction" }>,
): Promise<boolean> {
  const { world } = bench;
  let count = 0;
  const strike = async (): Promise<void> => {
    if (count === commit) await world.die();
  };
  hookCommits({
    before: async () => {
      count += 1;
      if (when === "before") await strike();
    },
    after: async () => {
      if (when === "after") await strike();
    },
  });
  return (await attempt(bench, code)) instanceof ConnectionLost;
}

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatCard } from "../../../card/virtual/format-card.ts";
import { BridgeWorld, WORLD_PIN } from "../../support/bridge-world.ts";
import { CuttableCard } from "../../support/card/cuttable-card.ts";
import { CuttableNvm } from "../../support/card/cuttable-nvm.ts";
import { PowerSocket } from "../../support/card/power-socket.ts";
import { ClientFaultSweep } from "../../support/client-fault-sweep.ts";
import { complaint, EDITED, prepareEdits } from "../../support/client-scenario.ts";
import { ClientWorld } from "../../support/client-world.ts";

/** Every n-th cut in `npm test`; CLIENT_FAULTS=all for all of them. */
const EVERY = process.env["CLIENT_FAULTS"] === "all" ? 1 : 11;
const SIZE_BYTES = 64 * 1024;

let sweep: ClientFaultSweep;

beforeAll(async () => {
  const nvm = new CuttableNvm(new Uint8Array(SIZE_BYTES));
  const utf8 = new TextEncoder();
  formatCard(nvm, randomBytes, { pin: utf8.encode(WORLD_PIN), puk: utf8.encode("87654321") });
  const socket = new PowerSocket(new CuttableCard(nvm, randomBytes));
  const ours = await BridgeWorld.create(undefined, { connect: () => socket.connect() });
  const world = new ClientWorld(ours, await BridgeWorld.create());
  sweep = new ClientFaultSweep(world, { nvm, socket });
  await prepareEdits(world);
  await sweep.save();
}, 60_000);
afterAll(() => sweep.world.destroy());

it(
  "a card that loses its power at any write of a sync with a server costs nothing",
  { timeout: 240_000 },
  async () => {
    const complaints: string[] = [];
    for (const fault of (await sweep.cuts()).filter((_, at) => at % EVERY === 0)) {
      const said = complaint(fault, await sweep.tryFault(fault), EDITED);
      if (said !== undefined) complaints.push(said);
    }
    expect(complaints).toEqual([]);
  },
);

import { expectInStep, expectSync } from "./expectations.ts";
import { contact } from "./samples.ts";
import type { ServiceOptions } from "./service.ts";
import type { ClientOptions, SyncEvolution } from "./sync-evolution.ts";
import { World } from "./world.ts";

export const ASKED_FOR_SLOW = "the peer asked for a slow sync";

export interface InStep {
  readonly world: World;
  readonly phone: SyncEvolution;
}

/** Card and phone with the same contacts and a common past. */
export async function phoneInStep(
  names: readonly string[],
  client: Partial<ClientOptions> = {},
  service: ServiceOptions = {},
): Promise<InStep> {
  const world = await World.create(service);
  const phone = await world.client(client);
  for (const name of names) phone.put(name, contact(name));
  const counts = { toCard: { added: names.length } };
  await expectSync(world, await phone.sync(), { type: "slow", reason: ASKED_FOR_SLOW, ...counts });
  await expectInStep(world, phone, names);
  return { world, phone };
}

/** The same with a second device, by which the card's contents change while the phone looks away. */
export async function phoneAndTabletInStep(
  names: readonly string[],
  client: Partial<ClientOptions> = {},
  service: ServiceOptions = {},
): Promise<InStep & { readonly tablet: SyncEvolution }> {
  const { world, phone } = await phoneInStep(names, client, service);
  const tablet = await world.client({ ...client, deviceId: "sc-pim-tablet" });
  const counts = { toClient: { added: names.length } };
  await expectSync(world, await tablet.sync(), { type: "slow", reason: ASKED_FOR_SLOW, ...counts });
  await expectInStep(world, tablet, names);
  return { world, phone, tablet };
}

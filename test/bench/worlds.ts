import { rmSync } from "node:fs";
import { join } from "node:path";
import type { BenchServer } from "./bench-server.ts";
import { writeContacts } from "./contacts.ts";
import { OurServer, type Cost } from "./our-server.ts";
import { Client, openPeerServer } from "./syncevolution.ts";

/** A client and the only server that it knows. */
export interface World<Server extends BenchServer = BenchServer> {
  readonly client: Client;
  readonly server: Server;
  close(): Promise<void>;
}

/** One sync: the client's whole time, and with our server what it cost there. */
export interface Sample {
  readonly wallMs: number;
  readonly cost?: Cost;
}

/** @param folder must not exist; removed by `close` */
export async function openOurWorld(folder: string, count: number): Promise<World<OurServer>> {
  return withClient(folder, count, await OurServer.open(join(folder, "server")));
}

/** @param folder must not exist; removed by `close` */
export async function openPeerWorld(folder: string, count: number): Promise<World> {
  return withClient(folder, count, await openPeerServer(join(folder, "server")));
}

async function withClient<Server extends BenchServer>(
  folder: string,
  count: number,
  server: Server,
): Promise<World<Server>> {
  const client = await Client.configure(join(folder, "client"), server.url);
  writeContacts(client.contactsPath, count);
  return {
    client,
    server,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Synchronizes once, with meters where the server has some. */
export async function measure(
  { client, server }: World,
  ...options: readonly string[]
): Promise<Sample> {
  if (!(server instanceof OurServer)) return { wallMs: await client.sync(...options) };
  let wallMs = 0;
  const cost = await server.costOf(async () => {
    wallMs = await client.sync(...options);
  });
  return { wallMs, cost };
}

/** A benchmark of syncs that went wrong is worth nothing. @throws Error unless `count` contacts on the server have `text` */
export async function expectContacts(
  { server }: World,
  count: number,
  text = "BEGIN:VCARD",
): Promise<void> {
  const fitting = (await server.contacts()).filter((contact) => contact.includes(text)).length;
  if (fitting === count) return;
  throw new Error(
    `${String(fitting)} contacts with "${text}" at ${server.url}, not ${String(count)}`,
  );
}

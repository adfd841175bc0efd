import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { BridgeWorld, vcard } from "../support/bridge-world.ts";
import { ScriptedClient } from "../support/scripted-client.ts";
import { USER } from "./bench-server.ts";
import { CoreServer } from "./core-server.ts";
import { OurServer } from "./our-server.ts";

const OPEN = 1000;
const CORE_SESSIONS = 2000;
const WHOLE_SESSIONS = 200;
const MEMORY = z.strictObject({ heapBytes: z.number(), rssBytes: z.number() });

/** How many sessions a second, and what an open one takes. A session is a sync without changes, three messages. */
export async function runSessionBench(say: (line: string) => void): Promise<void> {
  const core = new CoreServer(CORE_SESSIONS);
  await core.run("warm");
  const coreRate = await rateOf(CORE_SESSIONS, (at) => core.run(`phone-${String(at)}`));
  say(`sessions a second, the session core by itself (WBXML): ${coreRate}`);
  say(`sessions a second, with store and virtual card (XML): ${await wholeRate()}`);
  say(`sessions a second, the service over HTTP, one client (XML): ${await httpRate()}`);
  const { heapBytes, rssBytes } = memoryOfOpen();
  const [heap, rss] = [heapBytes, rssBytes].map((bytes) => `${(bytes / 1024).toFixed(1)} KB`);
  say(
    `memory of an open session, ${String(OPEN)} open: heap ${heap ?? ""}, whole process ${rss ?? ""}`,
  );
}

async function rateOf(count: number, run: (at: number) => Promise<unknown>): Promise<string> {
  const start = performance.now();
  for (let at = 0; at < count; at += 1) await run(at);
  return ((count / (performance.now() - start)) * 1000).toFixed(0);
}

async function wholeRate(): Promise<string> {
  const world = await BridgeWorld.create();
  try {
    const client = world.client();
    client.add(vcard("Anna", "1"));
    for (let warm = 0; warm < 5; warm += 1) await client.sync();
    return await rateOf(WHOLE_SESSIONS, () => client.sync());
  } finally {
    await world.destroy();
  }
}

async function httpRate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "bench-sessions-"));
  const server = await OurServer.open(join(folder, "server"));
  try {
    const client = new ScriptedClient({
      exchange: async (bytes, contentType, url) => {
        const headers = { "content-type": contentType };
        const answer = await fetch(url, { method: "POST", body: Buffer.from(bytes), headers });
        return { httpStatus: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) };
      },
      url: server.url,
      user: USER.name,
      password: USER.password,
      deviceId: "bench",
      source: "./pb",
      target: "./contacts",
      mediaType: "text/vcard",
    });
    for (let warm = 0; warm < 5; warm += 1) await client.sync();
    return await rateOf(WHOLE_SESSIONS, () => client.sync());
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function memoryOfOpen(): z.output<typeof MEMORY> {
  const script = join(import.meta.dirname, "open-sessions.ts");
  const args = ["--expose-gc", "--import", "tsx", script, String(OPEN)];
  const printed = execFileSync(process.execPath, args, { encoding: "utf8" });
  return MEMORY.parse(JSON.parse(printed));
}

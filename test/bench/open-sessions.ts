/** Opens sessions, in a process of its own with --expose-gc, and prints what they take: `{heapBytes, rssBytes}` a session. */
import { CoreServer } from "./core-server.ts";

const SESSIONS = Number(process.argv[2]);

async function main(): Promise<void> {
  const server = new CoreServer(SESSIONS * 2);
  // The first sessions also load code.
  for (let at = 0; at < 50; at += 1) await server.open(`warm-${String(at)}`);
  const before = settled();
  for (let at = 0; at < SESSIONS; at += 1) await server.open(`phone-${String(at)}`);
  const after = settled();
  const each = {
    heapBytes: Math.round((after.heapUsed - before.heapUsed) / SESSIONS),
    rssBytes: Math.round((after.rss - before.rss) / SESSIONS),
  };
  process.stdout.write(`${JSON.stringify(each)}\n`);
}

function settled(): NodeJS.MemoryUsage {
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return process.memoryUsage();
}

await main();

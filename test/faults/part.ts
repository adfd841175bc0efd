/** One part of a sweep, in a process of its own: told by IPC which, it sends each result. */
import { z } from "zod";
import { REFERENCE_SYNCS } from "../support/reference-syncs.ts";
import { CLIENT_KINDS } from "./client-kinds.ts";
import { sweep } from "./sweep.ts";

const part = z.strictObject({
  sync: z.string(),
  client: z.string(),
  stride: z.int(),
  seed: z.int(),
  only: z.string(),
});

process.once("message", (message) => {
  const { sync: syncName, client: clientName, ...options } = part.parse(message);
  const sync = REFERENCE_SYNCS.find(({ name }) => name === syncName);
  const client = CLIENT_KINDS.find(({ name }) => name === clientName);
  if (sync === undefined || client === undefined) throw new Error("there is no such part");
  sweep(sync, client, {
    ...options,
    onResult: (result) => process.send?.({ ...result, sync: syncName, client: clientName }),
  })
    .then(() => process.exit(0))
    .catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    });
});

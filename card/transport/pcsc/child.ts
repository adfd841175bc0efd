import type { EndOfPcsc, NumberedRequest, PcscReport } from "./ipc.ts";
import { ReaderQueue } from "./reader-queue.ts";
import { loadPcsclite } from "./pcsclite.ts";
import type { Pcsclite, PcscliteReader } from "./pcsclite.ts";

/** The process that owns PC/SC: started by `PcscChild`, told what to do over IPC, and gone when that breaks off. */
const queues = new Map<string, ReaderQueue>();

/** At once: an orderly exit waits for threads that may hang in a call to the daemon, which resets the cards itself. */
const die = (): void => {
  process.kill(process.pid, "SIGKILL");
};

const report = (message: PcscReport): void => {
  process.send?.(message);
};

const end = (why: EndOfPcsc, text: string): void => {
  process.send?.({ type: "ended", why, text } satisfies PcscReport, undefined, {}, die);
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const perform = (request: NumberedRequest): Promise<Uint8Array> => {
  if (request.type === "ping") return Promise.resolve(new Uint8Array());
  const queue = queues.get(request.reader);
  return queue ? queue.perform(request) : Promise.reject(new Error("no such reader (0x80100009)"));
};

const answer = (request: NumberedRequest): void => {
  const { id } = request;
  perform(request).then(
    (bytes) => {
      report({ type: "done", id, answer: bytes });
    },
    (error: unknown) => {
      report({ type: "failed", id, text: textOf(error) });
    },
  );
};

/** Calls `hearListed` once the readers of the beginning are known, each with its first status. */
const awaitListed = (pcsc: Pcsclite, hearListed: () => void): ((reader: string) => void) => {
  const pending = new Set<string>();
  let isListed = false;
  const settle = (reader?: string): void => {
    if (reader !== undefined) pending.delete(reader);
    if (!isListed || pending.size > 0) return;
    hearListed();
    hearListed = () => undefined;
  };
  // pcsclite tells of readers, but not that there is none.
  const start = pcsc.start.bind(pcsc);
  pcsc.start = (hear) => {
    start((error, names) => {
      hear(error, names);
      isListed = true;
      settle();
    });
  };
  pcsc.on("reader", ({ name }: PcscliteReader) => pending.add(name));
  return settle;
};

const watchReader = (reader: PcscliteReader, settle: (reader: string) => void): void => {
  const { name } = reader;
  queues.set(name, new ReaderQueue(reader));
  // In pcscd's order, which their first states do not come in.
  report({ type: "status", reader: name, state: 0, atr: new Uint8Array() });
  reader.on("status", ({ state, atr }: { readonly state: number; readonly atr?: Buffer }) => {
    report({ type: "status", reader: name, state, atr: atr ?? new Uint8Array() });
    settle(name);
  });
  // What became of the reader is told by `end`, which follows.
  reader.on("error", () => undefined);
  reader.on("end", () => {
    queues.delete(name);
    report({ type: "readerEnded", reader: name });
    settle(name);
    if (queues.size === 0) end("readersEnded", "all readers are gone");
  });
};

const open = (create: () => Pcsclite): void => {
  try {
    const pcsc = create();
    const settle = awaitListed(pcsc, () => {
      report({ type: "listed" });
    });
    pcsc.on("error", (error: unknown) => {
      end("error", textOf(error));
    });
    pcsc.on("reader", (reader: PcscliteReader) => {
      watchReader(reader, settle);
    });
    report({ type: "started" });
  } catch (error) {
    end("error", textOf(error));
  }
};

const load = (): void => {
  let create: () => Pcsclite;
  try {
    create = loadPcsclite();
  } catch (error) {
    end("noModule", textOf(error).split("\n")[0] ?? "");
    return;
  }
  open(create);
};

process.on("disconnect", die);
process.on("message", (message) => {
  answer(message as NumberedRequest);
});
// These reach the whole group of processes; the service ends its cards' sessions first, and then this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
load();

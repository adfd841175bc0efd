import type { Readable, Writable } from "node:stream";
import type { Logger } from "pino";
import type { NewUser } from "../control/first-user.ts";
import type { Operations } from "../control/operations.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { SyncHandler } from "../http/sync-route.ts";

/** A data folder that this process holds and has opened. */
export interface OpenFolder {
  readonly operations: Operations;
  readonly sync: SyncHandler & {
    /** Gives up sessions that went quiet; to be called now and then. */
    sweep(): Promise<void>;
    /** Resolves once no message is being worked on. */
    idle(): Promise<void>;
  };
  /** Takes cards to peers when it is time. */
  readonly schedules: {
    start(): Promise<void>;
    /** Resolves when no sync runs; one that does is suspended. */
    stop(): Promise<void>;
  };
  /** @returns undefined where there are users already */
  createFirstUser(): Promise<NewUser | undefined>;
  /** Lets go of cards and database. */
  close(): Promise<void>;
}

/** What commands need of the world; `main.ts` gives the process's own. */
export interface CliContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly createLogger: (level: string) => Logger;
  /** The caller holds the folder's lock. `makesCard` makes a virtual card where the folder has none. */
  readonly openFolder: (
    loaded: LoadedConfig,
    options: { readonly makesCard: boolean; readonly log: Logger },
  ) => Promise<OpenFolder>;
  /** Resolves when the operator asks the service to stop. */
  readonly stopRequested: () => Promise<void>;
}

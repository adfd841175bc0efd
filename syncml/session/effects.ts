import type { OwnChal } from "../auth/credentials.ts";
import type { DevInf } from "../model/dev-inf.ts";
import type { SyncId } from "../model/ids.ts";
import type { Chal, Cred, SyncmlVersion } from "../model/message.ts";
import type {
  Acknowledgement,
  DatastoreDescription,
  EndOfChanges,
  ItemOperation,
  MapPair,
  NextChanges,
  OpenAnswer,
  OpenedSync,
  OpenRequest,
} from "./ports.ts";
import type { IncomingChunk } from "./incoming-chunk.ts";

/** What a session wants done outside; the runtime does it and gives the result back. One at a time. */
export type ServerEffect =
  | {
      readonly type: "verifyCred";
      readonly cred?: Cred;
      readonly deviceId: string;
      readonly name?: string;
      readonly bound?: string;
      readonly version: SyncmlVersion;
      readonly failures: number;
    }
  | { readonly type: "confirmNonce"; readonly deviceId: string }
  | {
      readonly type: "identify";
      readonly user: string;
      readonly deviceId: string;
      readonly version: SyncmlVersion;
      readonly chal: OwnChal;
    }
  | { readonly type: "loadDevInf"; readonly user: string; readonly deviceId: string }
  | {
      readonly type: "saveDevInf";
      readonly user: string;
      readonly deviceId: string;
      readonly devInf: DevInf;
    }
  | { readonly type: "describe"; readonly user: string; readonly cardLabel?: string }
  | { readonly type: "open"; readonly request: Omit<OpenRequest, "session"> }
  | { readonly type: "resume"; readonly request: Omit<OpenRequest, "session"> }
  | { readonly type: "suspend"; readonly syncId: SyncId }
  | { readonly type: "makeSlow"; readonly syncId: SyncId }
  | {
      readonly type: "apply";
      readonly syncId: SyncId;
      readonly operations: readonly ItemOperation[];
      /** To be done however long it takes. */
      readonly isUrgent: boolean;
    }
  | { readonly type: "map"; readonly syncId: SyncId; readonly pairs: readonly MapPair[] }
  | {
      readonly type: "acknowledge";
      readonly syncId: SyncId;
      readonly acknowledgements: readonly Acknowledgement[];
    }
  | { readonly type: "endOfChanges"; readonly syncId: SyncId }
  | { readonly type: "nextChanges"; readonly syncId: SyncId; readonly maxBytes: number }
  | { readonly type: "changesLeave"; readonly syncId: SyncId }
  | { readonly type: "finish"; readonly syncId: SyncId }
  | { readonly type: "abandon"; readonly syncId: SyncId; readonly reason: string };

/**
 * `chal` is what to challenge with: after a failure always, after success where a nonce has to be handed on. `holds`: how
 * long the credentials are good for; `canIdentify`: there are credentials of ours for that device.
 */
export type CredResult =
  | {
      readonly type: "accepted";
      readonly user: string;
      readonly holds: "session" | "message";
      readonly canIdentify: boolean;
      readonly chal?: Chal;
    }
  | { readonly type: "rejected"; readonly isMissing: boolean; readonly chal: Chal };

/** A sync of an earlier session that goes on; `chunkIn` is the item of which the peer had sent a part. */
export interface ResumedSync {
  readonly opened: OpenedSync;
  readonly chunkIn?: IncomingChunk;
}

/** Results by effect; those that only act give nothing back. */
export interface EffectResults {
  readonly verifyCred: CredResult;
  readonly confirmNonce: undefined;
  /** Undefined where none are set, and for HMAC, which stands in the transport. */
  readonly identify: Cred | undefined;
  readonly loadDevInf: DevInf | undefined;
  readonly saveDevInf: undefined;
  readonly describe: readonly DatastoreDescription[];
  readonly open: OpenAnswer;
  readonly resume: ResumedSync | undefined;
  readonly suspend: undefined;
  readonly makeSlow: boolean;
  readonly apply: readonly number[];
  readonly map: number;
  readonly acknowledge: undefined;
  readonly endOfChanges: EndOfChanges;
  readonly nextChanges: NextChanges;
  readonly changesLeave: boolean;
  readonly finish: boolean;
  readonly abandon: undefined;
}

/** The work on one message: yields effects, is given their results, returns what comes out. Pure but for that. */
export type Work<T> = Generator<ServerEffect, T, unknown>;

/** Yields an effect and types its result. */
export function* perform<E extends ServerEffect>(effect: E): Work<EffectResults[E["type"]]> {
  return (yield effect) as EffectResults[E["type"]];
}

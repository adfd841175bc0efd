import type { DevInf } from "./dev-inf.ts";

/** One SyncML message, free of its encoding. Source: SyncML Representation Protocol 1.0 to 1.2. */
export interface Message {
  readonly version: SyncmlVersion;
  /** True where the peer wrote a VerDTD that we do not know: `version` is the nearest that we do. Never encoded. */
  readonly isVersionUnknown?: boolean;
  /** True where VerDTD is known and VerProto is not. Never encoded. */
  readonly isProtocolUnknown?: boolean;
  readonly header: SyncHdr;
  /** In document order. */
  readonly commands: readonly Command[];
  /** True where the message is the last of its package. */
  readonly isFinal: boolean;
}

/** VerDTD; VerProto is `SyncML/` and the same number. */
export type SyncmlVersion = "1.0" | "1.1" | "1.2";

export interface SyncHdr {
  readonly sessionId: string;
  readonly msgId: number;
  readonly target: Location;
  readonly source: Location;
  readonly respUri?: string;
  readonly noResp?: boolean;
  readonly cred?: Cred;
  readonly meta?: Meta;
}

export interface Location {
  readonly locUri: string;
  readonly locName?: string;
}

/** MetInf. Absent members were not in the document; numbers are bytes. */
export interface Meta {
  readonly type?: string;
  readonly format?: string;
  readonly mark?: string;
  readonly version?: string;
  readonly size?: number;
  readonly anchor?: MetaAnchor;
  /** As on the wire, in base64. */
  readonly nextNonce?: string;
  readonly maxMsgSize?: number;
  readonly maxObjSize?: number;
  readonly fieldLevel?: boolean;
  readonly emi?: readonly string[];
  readonly mem?: {
    readonly sharedMem?: boolean;
    readonly freeMem?: number;
    readonly freeId?: number;
  };
}

/** `next` is absent only where a peer forgot it. */
export interface MetaAnchor {
  readonly last?: string;
  readonly next?: string;
}

/**
 * Contents of a Data element. `text` is what XML and WBXML strings carry, and WBXML OPAQUE that is valid UTF-8;
 * `bytes` is OPAQUE that is not (raw MD5 digests, chunks cut inside a character): XML cannot carry it.
 */
export type Data =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "meta"; readonly meta: Meta }
  | { readonly type: "devInf"; readonly devInf: DevInf };

export interface Cred {
  readonly meta?: Meta;
  readonly data: Data;
}

export interface Item {
  readonly target?: Location;
  readonly source?: Location;
  readonly sourceParent?: Location;
  readonly targetParent?: Location;
  readonly meta?: Meta;
  readonly data?: Data;
  /** True where this is a chunk and more of the item follows in the next message. */
  readonly moreData?: boolean;
}

interface CommandBase {
  /** CmdID: as written, not empty, not "0". */
  readonly cmdId: string;
  readonly noResp?: boolean;
}

interface CredCommand extends CommandBase {
  readonly cred?: Cred;
}

export interface ItemCommand extends CredCommand {
  readonly type: "add" | "replace" | "copy" | "move";
  readonly meta?: Meta;
  readonly items: readonly Item[];
}

export interface DeleteCommand extends CredCommand {
  readonly type: "delete";
  readonly archive?: boolean;
  readonly softDelete?: boolean;
  readonly meta?: Meta;
  readonly items: readonly Item[];
}

export interface AlertCommand extends CredCommand {
  readonly type: "alert";
  /** The alert code; absent where the peer wrote none (SyncML allows it: 100 then). */
  readonly code?: number;
  readonly correlator?: string;
  readonly items: readonly Item[];
}

export interface SyncCommand extends CredCommand {
  readonly type: "sync";
  readonly target?: Location;
  readonly source?: Location;
  readonly meta?: Meta;
  readonly numberOfChanges?: number;
  readonly commands: readonly Command[];
}

export interface MapCommand extends CredCommand {
  readonly type: "map";
  readonly target: Location;
  readonly source: Location;
  readonly meta?: Meta;
  readonly mapItems: readonly MapItem[];
}

/** `target` is the server's GUID, `source` the client's LUID, in both directions. */
export interface MapItem {
  readonly target: Location;
  readonly source: Location;
}

export interface StatusCommand extends CommandBase {
  readonly type: "status";
  readonly msgRef: string;
  /** "0" is the SyncHdr. */
  readonly cmdRef: string;
  /** Wire name of the command that is answered: `SyncHdr`, `Add`, … */
  readonly cmd: string;
  readonly targetRefs: readonly string[];
  readonly sourceRefs: readonly string[];
  readonly cred?: Cred;
  readonly chal?: Chal;
  readonly code: number;
  readonly items: readonly Item[];
}

/** A challenge: the type, format and NextNonce of the credentials that are wanted. */
export interface Chal {
  readonly meta: Meta;
}

export interface ResultsCommand extends CommandBase {
  readonly type: "results";
  readonly msgRef?: string;
  readonly cmdRef: string;
  readonly meta?: Meta;
  readonly targetRef?: string;
  readonly sourceRef?: string;
  readonly items: readonly Item[];
}

export interface GetPutCommand extends CredCommand {
  readonly type: "get" | "put";
  readonly lang?: string;
  readonly meta?: Meta;
  readonly items: readonly Item[];
}

export interface ExecCommand extends CredCommand {
  readonly type: "exec";
  readonly correlator?: string;
  readonly item?: Item;
}

export interface SearchCommand extends CredCommand {
  readonly type: "search";
  readonly noResults?: boolean;
  readonly target?: Location;
  readonly sources: readonly Location[];
  readonly lang?: string;
  readonly meta?: Meta;
  readonly data?: Data;
}

/** Atomic and Sequence. */
export interface ContainerCommand extends CommandBase {
  readonly type: "atomic" | "sequence";
  readonly meta?: Meta;
  readonly commands: readonly Command[];
}

/** An element where a command was expected that no version of SyncML knows; answered 406 and never encoded. */
export interface UnknownCommand extends CommandBase {
  readonly type: "unknown";
  readonly name: string;
}

export type Command =
  | ItemCommand
  | DeleteCommand
  | AlertCommand
  | SyncCommand
  | MapCommand
  | StatusCommand
  | ResultsCommand
  | GetPutCommand
  | ExecCommand
  | SearchCommand
  | ContainerCommand
  | UnknownCommand;

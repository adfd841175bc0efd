declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** The client's id of an item: opaque text, unique in one datastore of one client. Source: DS Protocol 1.2, "ID Mapping". */
export type Luid = Branded<string, "Luid">;
/** The server's id of an item: opaque text. */
export type Guid = Branded<string, "Guid">;
/** Names one server session in RespURI: 128 random bits, base64url; made by us, never taken from a peer. */
export type SessionToken = Branded<string, "SessionToken">;
/** Names one datastore's sync within one session. */
export type SyncId = Branded<string, "SyncId">;

export const toLuid = (text: string): Luid => text as Luid;
export const toGuid = (text: string): Guid => text as Guid;
export const toSessionToken = (text: string): SessionToken => text as SessionToken;
export const toSyncId = (text: string): SyncId => text as SyncId;

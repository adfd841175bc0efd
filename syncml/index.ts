export { decodeDevInf, decodeMessage, encodeDevInf, encodeMessage } from "./codec/codec.ts";
export type { Encoding } from "./codec/content-type.ts";
export { DEFAULT_DECODE_LIMITS } from "./codec/limits.ts";
export type { DecodeLimits } from "./codec/limits.ts";
export { emptyMessageSizeBytes, encodedSizeBytes } from "./codec/size.ts";
export { isPeerFault, SYNCML_ERRORS, SyncmlError } from "./errors.ts";
export type { SyncmlErrorCode } from "./errors.ts";
export type * from "./model/dev-inf.ts";
export { toGuid, toLuid, toSessionToken, toSyncId } from "./model/ids.ts";
export type { Guid, Luid, SessionToken, SyncId } from "./model/ids.ts";
export type * from "./model/message.ts";
export { PLAIN_TRAITS } from "./model/peer-traits.ts";
export type { PeerFacts, PeerTraits, TraitsOf } from "./model/peer-traits.ts";
export type { SyncType } from "./model/sync-type.ts";
export type * from "./session/client-ports.ts";
export type * from "./session/ports.ts";
export { ClientFailure, type ClientFailureCode } from "./runtime/client-failure.ts";
export type { Post } from "./runtime/client-line.ts";
export {
  runClientSession,
  type ClientEnd,
  type ClientPorts,
  type ClientProgress,
  type ClientSessionOptions,
} from "./runtime/client-session.ts";
export { buildDevInf } from "./devinf/build-dev-inf.ts";
export { createSyncServer } from "./runtime/serve.ts";
export type {
  ServeAnswer,
  ServeRequest,
  ServerPorts,
  SyncServer,
  SyncServerOptions,
} from "./runtime/serve.ts";
export type { ServerLog } from "./runtime/log.ts";
export { AUTH_SCHEMES, DEFAULT_AUTH_SCHEMES, type AuthScheme } from "./auth/schemes.ts";
export { md5Secret } from "./auth/credentials.ts";
export { HMAC_HEADER } from "./auth/hmac.ts";
export { SYNC_ALERT_CODES, ALERT_CODES, SERVER_ALERT_CODES } from "./spec/alert-codes.ts";
export { DEVINF_MEDIA_TYPES, SYNCML_MEDIA_TYPES } from "./spec/media-types.ts";
export { STATUS_CODES } from "./spec/status-codes.ts";
export type { StatusCode } from "./spec/status-codes.ts";

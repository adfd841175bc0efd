export type { CardBackup, DatabaseBackup } from "./backup/backup.ts";
export { openBackup, sealBackup } from "./backup/backup-file.ts";
export type { OpenedBackup } from "./backup/backup-file.ts";
export { capacityOf, fits, readDatabases, writeDatabases } from "./backup/copy-card.ts";
export type { Capacity } from "./backup/copy-card.ts";
export { checkCard } from "./client/check-card.ts";
export type { CardFinding } from "./client/check-card.ts";
export { PimCard } from "./client/pim-card.ts";
export type {
  CommitOutcome,
  CreateOutcome,
  DeleteOutcome,
  ListOutcome,
  TouchOutcome,
  UpdateOutcome,
  VerifyOutcome,
  WriteOptions,
  Written,
} from "./client/outcomes.ts";
export { crc16 } from "./commands/crc16.ts";
export type { CardIdentity, Counters, FreeSpace } from "./commands/data-objects.ts";
export type { Database } from "./commands/databases.ts";
export { MEDIA } from "./commands/ids.ts";
export type {
  CardUuid,
  Csn,
  DatabaseId,
  Epoch,
  MediaKind,
  PeerTag,
  RecordId,
  SyncObject,
} from "./commands/ids.ts";
export type { ChangeKind, ListedChange, ListedId } from "./commands/list-changes.ts";
export type { Peer } from "./commands/peer-list.ts";
export type { ReadRecord } from "./commands/record-stream.ts";
export type { SelectInfo } from "./commands/select.ts";
export { AT_LEAST_ONE } from "./commands/start-sync.ts";
export type { SyncStart } from "./commands/start-sync.ts";
export { CARD_ERRORS, CardError } from "./errors.ts";
export type { CardErrorCode } from "./errors.ts";
export { openPcsc } from "./transport/pcsc.ts";
export type { PcscOptions } from "./transport/pcsc.ts";
export type {
  InsertedCard,
  ReaderEvent,
  ReaderListener,
  Readers,
  ReaderView,
} from "./transport/readers.ts";
export { traced } from "./transport/trace.ts";
export type { TraceLine, TraceOptions } from "./transport/trace.ts";
export type {
  NvmStats,
  Transport,
  TransportStats,
  VirtualTransport,
} from "./transport/transport.ts";
export { serveVpcd, VIRTUAL_CARD_ATR } from "./transport/vpcd-card.ts";
export type { ServeVpcdEvent, ServeVpcdOptions } from "./transport/vpcd-card.ts";
export { VPCD_PORT } from "./transport/vpcd-frames.ts";
export { listenVpcd } from "./transport/vpcd-readers.ts";
export type { ListenVpcdOptions, VpcdReaders } from "./transport/vpcd-readers.ts";
export { createVirtualCard, openVirtualCard } from "./transport/virtual-card-file.ts";
export type { VirtualCardOptions } from "./transport/virtual-card-file.ts";

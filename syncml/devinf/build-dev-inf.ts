import type { DevInf, DevInfDatastore } from "../model/dev-inf.ts";
import type { SyncmlVersion } from "../model/message.ts";
import type { DatastoreDescription } from "../session/ports.ts";

/** The service as its DevInf names it. */
export interface ServerIdentity {
  readonly devId: string;
  readonly man: string;
  readonly mod: string;
  readonly swV: string;
}

/** GUIDs are record numbers of the card: at most ten digits. */
const MAX_GUID_SIZE = 16;

/** Two-way, slow, one-way and refresh both ways. SyncCap numbers of DevInf 1.1. */
const SYNC_CAP = [1, 2, 3, 4, 5, 6];

/** What the peer's quirks change in the DevInf that it gets. */
export interface DevInfWish {
  /** Datastores as the peer's Alerts name them; the others keep our own names. */
  readonly alerted: readonly string[];
  readonly omitsCtCap: boolean;
}

/** Where DevInf of a version lies: `./devinf12`. */
export const devInfUri = (version: SyncmlVersion): string => `./devinf${version.replace(".", "")}`;

/**
 * Our own DevInf, true for the version that is spoken: 1.0 knows neither large objects nor NumberOfChanges, and CTCap
 * stands beside the datastores up to 1.1.
 * @see OMA DevInf 1.2; SyncML Device Information DTD 1.1
 */
export function buildDevInf(
  identity: ServerIdentity,
  stores: readonly DatastoreDescription[],
  version: SyncmlVersion,
  wish: DevInfWish = { alerted: [], omitsCtCap: false },
): DevInf {
  const { devId, man, mod, swV } = identity;
  const caps = stores.flatMap((store) => store.ctCaps);
  const { omitsCtCap } = wish;
  return {
    verDtd: version,
    man,
    mod,
    swV,
    devId,
    devTyp: "server",
    ...(version === "1.0"
      ? {}
      : { utc: true, supportLargeObjs: true, supportNumberOfChanges: true }),
    datastores: stores.map((store) => toDatastore(store, version, wish)),
    ...(version === "1.2" || omitsCtCap ? {} : { ctCaps: caps }),
  };
}

function toDatastore(
  store: DatastoreDescription,
  version: SyncmlVersion,
  { alerted, omitsCtCap }: DevInfWish,
): DevInfDatastore {
  const alertedAs = alerted.find((uri) => store.isNamed?.(uri) === true);
  const [rxPref, ...rx] = store.rx;
  const [txPref, ...tx] = store.tx;
  return {
    sourceRef: alertedAs ?? `./${store.uri}`,
    displayName: store.displayName,
    maxGuidSize: MAX_GUID_SIZE,
    ...(rxPref === undefined ? {} : { rxPref }),
    rx,
    ...(txPref === undefined ? {} : { txPref }),
    tx,
    ...(version === "1.2" && !omitsCtCap ? { ctCaps: store.ctCaps } : {}),
    syncCap: SYNC_CAP,
  };
}

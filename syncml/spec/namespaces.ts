/** The three vocabularies of a SyncML message. */
export type Space = "syncml" | "metinf" | "devinf";

/** XML namespaces. Peers write them in any case, or not at all. Source: SyncML Representation Protocol, "XML Usage". */
export const NAMESPACES = {
  syncml: { "1.0": "SYNCML:SYNCML1.0", "1.1": "SYNCML:SYNCML1.1", "1.2": "SYNCML:SYNCML1.2" },
  metinf: "syncml:metinf",
  devinf: "syncml:devinf",
} as const;

/** What every namespace of SyncML begins with, in lower case. */
export const NAMESPACE_PREFIX = "syncml:";

/** VerDTD -> VerProto. */
export const PROTOCOLS = {
  "1.0": "SyncML/1.0",
  "1.1": "SyncML/1.1",
  "1.2": "SyncML/1.2",
} as const;

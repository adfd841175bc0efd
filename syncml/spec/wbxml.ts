import type { Space } from "./namespaces.ts";

/** Token (without the bits for content and attributes) -> element name. */
export type TokenPage = Readonly<Record<number, string>>;

/** Code page 0 of a SyncML document; 0x35 to 0x3C came with 1.2. Source: SyncML Representation 1.2, "WBXML definitions". */
const SYNCML_PAGE = {
  0x05: "Add",
  0x06: "Alert",
  0x07: "Archive",
  0x08: "Atomic",
  0x09: "Chal",
  0x0a: "Cmd",
  0x0b: "CmdID",
  0x0c: "CmdRef",
  0x0d: "Copy",
  0x0e: "Cred",
  0x0f: "Data",
  0x10: "Delete",
  0x11: "Exec",
  0x12: "Final",
  0x13: "Get",
  0x14: "Item",
  0x15: "Lang",
  0x16: "LocName",
  0x17: "LocURI",
  0x18: "Map",
  0x19: "MapItem",
  0x1a: "Meta",
  0x1b: "MsgID",
  0x1c: "MsgRef",
  0x1d: "NoResp",
  0x1e: "NoResults",
  0x1f: "Put",
  0x20: "Replace",
  0x21: "RespURI",
  0x22: "Results",
  0x23: "Search",
  0x24: "Sequence",
  0x25: "SessionID",
  0x26: "SftDel",
  0x27: "Source",
  0x28: "SourceRef",
  0x29: "Status",
  0x2a: "Sync",
  0x2b: "SyncBody",
  0x2c: "SyncHdr",
  0x2d: "SyncML",
  0x2e: "Target",
  0x2f: "TargetRef",
  0x31: "VerDTD",
  0x32: "VerProto",
  0x33: "NumberOfChanges",
  0x34: "MoreData",
  0x35: "Field",
  0x36: "Filter",
  0x37: "Record",
  0x38: "FilterType",
  0x39: "SourceParent",
  0x3a: "TargetParent",
  0x3b: "Move",
  0x3c: "Correlator",
} as const satisfies TokenPage;

/** Code page 1 of a SyncML document. Source: SyncML Meta-Information 1.2, "WBXML definitions". */
const METINF_PAGE = {
  0x05: "Anchor",
  0x06: "EMI",
  0x07: "Format",
  0x08: "FreeID",
  0x09: "FreeMem",
  0x0a: "Last",
  0x0b: "Mark",
  0x0c: "MaxMsgSize",
  0x0d: "Mem",
  0x0e: "MetInf",
  0x0f: "Next",
  0x10: "NextNonce",
  0x11: "SharedMem",
  0x12: "Size",
  0x13: "Type",
  0x14: "Version",
  0x15: "MaxObjSize",
  0x16: "FieldLevel",
} as const satisfies TokenPage;

/** Code page 0 of a DevInf document; 0x2B to 0x34 came with 1.2. Source: SyncML Device Information 1.2, "WBXML definitions". */
const DEVINF_PAGE = {
  0x05: "CTCap",
  0x06: "CTType",
  0x07: "DataStore",
  0x08: "DataType",
  0x09: "DevID",
  0x0a: "DevInf",
  0x0b: "DevTyp",
  0x0c: "DisplayName",
  0x0d: "DSMem",
  0x0e: "Ext",
  0x0f: "FwV",
  0x10: "HwV",
  0x11: "Man",
  0x12: "MaxGUIDSize",
  0x13: "MaxID",
  0x14: "MaxMem",
  0x15: "Mod",
  0x16: "OEM",
  0x17: "ParamName",
  0x18: "PropName",
  0x19: "Rx",
  0x1a: "Rx-Pref",
  0x1b: "SharedMem",
  0x1c: "MaxSize",
  0x1d: "SourceRef",
  0x1e: "SwV",
  0x1f: "SyncCap",
  0x20: "SyncType",
  0x21: "Tx",
  0x22: "Tx-Pref",
  0x23: "ValEnum",
  0x24: "VerCT",
  0x25: "VerDTD",
  0x26: "XNam",
  0x27: "XVal",
  0x28: "UTC",
  0x29: "SupportNumberOfChanges",
  0x2a: "SupportLargeObjs",
  0x2b: "Property",
  0x2c: "PropParam",
  0x2d: "MaxOccur",
  0x2e: "NoTruncate",
  0x30: "Filter-Rx",
  0x31: "FilterCap",
  0x32: "FilterKeyword",
  0x33: "FieldLevel",
  0x34: "SupportHierarchicalSync",
} as const satisfies TokenPage;

export type DocumentKind = "SyncML" | "DevInf";

/** The code pages of each kind of document, by number. */
export const CODE_PAGES: Record<DocumentKind, readonly { space: Space; tokens: TokenPage }[]> = {
  SyncML: [
    { space: "syncml", tokens: SYNCML_PAGE },
    { space: "metinf", tokens: METINF_PAGE },
    // Not in the standard: where toolkits put a DevInf that they write inline.
    { space: "devinf", tokens: DEVINF_PAGE },
  ],
  DevInf: [{ space: "devinf", tokens: DEVINF_PAGE }],
};

/** DevInf 1.0 and 1.1 call the element of token 0x1C by another name. */
export const DEVINF_TOKEN_ALIASES: Readonly<Record<string, number>> = { Size: 0x1c };

interface PublicId {
  readonly kind: DocumentKind;
  readonly version: "1.0" | "1.1" | "1.2";
  readonly id: number;
  readonly fpi: string;
}

/** Source: the OMA WBXML public document identifiers. */
export const PUBLIC_IDS = [
  { kind: "SyncML", version: "1.0", id: 0x0fd1, fpi: "-//SYNCML//DTD SyncML 1.0//EN" },
  { kind: "DevInf", version: "1.0", id: 0x0fd2, fpi: "-//SYNCML//DTD DevInf 1.0//EN" },
  { kind: "SyncML", version: "1.1", id: 0x0fd3, fpi: "-//SYNCML//DTD SyncML 1.1//EN" },
  { kind: "DevInf", version: "1.1", id: 0x0fd4, fpi: "-//SYNCML//DTD DevInf 1.1//EN" },
  { kind: "SyncML", version: "1.2", id: 0x1201, fpi: "-//SYNCML//DTD SyncML 1.2//EN" },
  { kind: "DevInf", version: "1.2", id: 0x1203, fpi: "-//SYNCML//DTD DevInf 1.2//EN" },
] as const satisfies readonly PublicId[];

/** Public identifiers that name no document type: in the string table, and unknown. */
export const PUBLIC_ID_IN_TABLE = 0;
export const PUBLIC_ID_UNKNOWN = 1;

/** Global tokens. Source: WAP Binary XML Content Format 1.3, 7.1. */
export const GLOBAL = {
  switchPage: 0x00,
  end: 0x01,
  entity: 0x02,
  strI: 0x03,
  literal: 0x04,
  extI: 0x40,
  pi: 0x43,
  extT: 0x80,
  strT: 0x83,
  ext: 0xc0,
  opaque: 0xc3,
} as const;

/** Bits of a tag token. */
export const TAG_HAS_ATTRIBUTES = 0x80;
export const TAG_HAS_CONTENT = 0x40;

/** IANA MIBenum of the charsets that are read; 0 is "unknown" and taken for UTF-8. */
export const WBXML_CHARSETS: Readonly<Record<number, string>> = {
  0: "utf-8",
  3: "us-ascii",
  4: "iso-8859-1",
  106: "utf-8",
};
export const UTF8_MIBENUM = 106;
/** WBXML 1.2, as phones write it. */
export const WBXML_VERSION = 0x02;

import { list, many, one, opt } from "./rows.ts";
import type { Row, Shape, ShapeName, Since } from "./rows.ts";

/**
 * Content models of SyncML, MetInf and DevInf, in the order of the DTDs.
 * Source: SyncML Representation, Meta-Information and Device Information DTDs, 1.0 to 1.2.
 */

const CMD_ID = one("CmdID", "cmdId", "cmdId");
const NO_RESP = opt("NoResp", "noResp", "flag");
const CRED = opt("Cred", "cred", "Cred");
const META = opt("Meta", "meta", "Meta");
const TARGET = opt("Target", "target", "Location");
const SOURCE = opt("Source", "source", "Location");
const ITEMS = many("Item", "items", "Item");
const LANG = opt("Lang", "lang", "token");
const CORRELATOR = opt("Correlator", "correlator", "text", { since: "1.2" });

const ITEM_COMMAND: Shape = { rows: [CMD_ID, NO_RESP, CRED, META, ITEMS] };
const GET_PUT: Shape = { rows: [CMD_ID, NO_RESP, LANG, CRED, META, ITEMS] };
const CONTAINER: Shape = { rows: [CMD_ID, NO_RESP, META], holdsCommands: true };

const DATA_TYPE = opt("DataType", "dataType", "token");
const VAL_ENUMS = list("ValEnum", "valEnums", "text");
const DISPLAY_NAME = opt("DisplayName", "displayName", "text");
const devInfText = (name: string, field: string): Row =>
  one(name, field, "token", { fallback: "" });

export const SHAPES = {
  // --- SyncML: common parts ---
  /** VerDTD and VerProto stand before these: they are the message's version. */
  SyncHdr: {
    rows: [
      one("SessionID", "sessionId", "token"),
      one("MsgID", "msgId", "number"),
      one("Target", "target", "Location"),
      one("Source", "source", "Location"),
      opt("RespURI", "respUri", "token"),
      NO_RESP,
      CRED,
      META,
    ],
  },
  Location: {
    rows: [
      // Quirk(Sony Ericsson C510): an empty Target, or one with an empty LocURI.
      one("LocURI", "locUri", "text", { fallback: "" }),
      opt("LocName", "locName", "text"),
    ],
  },
  Cred: { rows: [META, one("Data", "data", "data")] },
  Chal: { rows: [one("Meta", "meta", "Meta")] },
  Item: {
    rows: [
      TARGET,
      SOURCE,
      opt("SourceParent", "sourceParent", "Location", { since: "1.2" }),
      opt("TargetParent", "targetParent", "Location", { since: "1.2" }),
      META,
      opt("Data", "data", "data"),
      opt("MoreData", "moreData", "flag", { since: "1.1", isEssential: true }),
    ],
  },
  MapItem: {
    rows: [one("Target", "target", "Location"), one("Source", "source", "Location")],
  },

  // --- SyncML: commands ---
  Add: ITEM_COMMAND,
  Alert: {
    rows: [CMD_ID, NO_RESP, CRED, opt("Data", "code", "number"), CORRELATOR, ITEMS],
  },
  Atomic: CONTAINER,
  Copy: ITEM_COMMAND,
  Delete: {
    rows: [
      CMD_ID,
      NO_RESP,
      opt("Archive", "archive", "flag"),
      opt("SftDel", "softDelete", "flag"),
      CRED,
      META,
      ITEMS,
    ],
  },
  Exec: { rows: [CMD_ID, NO_RESP, CRED, CORRELATOR, opt("Item", "item", "Item")] },
  Get: GET_PUT,
  Map: {
    rows: [
      CMD_ID,
      NO_RESP,
      one("Target", "target", "Location"),
      one("Source", "source", "Location"),
      CRED,
      META,
      many("MapItem", "mapItems", "MapItem"),
    ],
  },
  Move: ITEM_COMMAND,
  Put: GET_PUT,
  Replace: ITEM_COMMAND,
  Results: {
    rows: [
      CMD_ID,
      NO_RESP,
      opt("MsgRef", "msgRef", "token"),
      one("CmdRef", "cmdRef", "token"),
      META,
      opt("TargetRef", "targetRef", "text"),
      opt("SourceRef", "sourceRef", "text"),
      ITEMS,
    ],
  },
  Search: {
    rows: [
      CMD_ID,
      NO_RESP,
      opt("NoResults", "noResults", "flag"),
      CRED,
      TARGET,
      many("Source", "sources", "Location"),
      LANG,
      META,
      opt("Data", "data", "data"),
    ],
  },
  Sequence: CONTAINER,
  Status: {
    rows: [
      CMD_ID,
      NO_RESP,
      one("MsgRef", "msgRef", "token"),
      one("CmdRef", "cmdRef", "token"),
      one("Cmd", "cmd", "token"),
      many("TargetRef", "targetRefs", "text"),
      many("SourceRef", "sourceRefs", "text"),
      CRED,
      opt("Chal", "chal", "Chal"),
      one("Data", "code", "number"),
      ITEMS,
    ],
  },
  Sync: {
    rows: [
      CMD_ID,
      NO_RESP,
      CRED,
      TARGET,
      SOURCE,
      META,
      opt("NumberOfChanges", "numberOfChanges", "number", { since: "1.1" }),
    ],
    holdsCommands: true,
  },

  // --- MetInf ---
  Meta: {
    rows: [
      opt("FieldLevel", "fieldLevel", "flag", { since: "1.2" }),
      opt("Format", "format", "token"),
      opt("Type", "type", "token"),
      opt("Mark", "mark", "token"),
      opt("Size", "size", "number"),
      opt("Anchor", "anchor", "Anchor"),
      opt("Version", "version", "token"),
      opt("NextNonce", "nextNonce", "token"),
      opt("MaxMsgSize", "maxMsgSize", "number"),
      opt("MaxObjSize", "maxObjSize", "number", { since: "1.1" }),
      list("EMI", "emi", "text"),
      opt("Mem", "mem", "Mem"),
    ],
  },
  Anchor: { rows: [opt("Last", "last", "token"), opt("Next", "next", "token")] },
  Mem: {
    rows: [
      opt("SharedMem", "sharedMem", "flag"),
      opt("FreeMem", "freeMem", "number"),
      opt("FreeID", "freeId", "number"),
    ],
  },

  // --- DevInf. What a device left out of its self-description is no reason to refuse it: hence the fallbacks. ---
  DevInf: {
    rows: [
      devInfText("VerDTD", "verDtd"),
      opt("Man", "man", "token"),
      opt("Mod", "mod", "token"),
      opt("OEM", "oem", "token"),
      opt("FwV", "fwV", "token"),
      opt("SwV", "swV", "token"),
      opt("HwV", "hwV", "token"),
      devInfText("DevID", "devId"),
      devInfText("DevTyp", "devTyp"),
      opt("UTC", "utc", "flag", { since: "1.1" }),
      opt("SupportLargeObjs", "supportLargeObjs", "flag", { since: "1.1" }),
      opt("SupportNumberOfChanges", "supportNumberOfChanges", "flag", { since: "1.1" }),
      many("DataStore", "datastores", "DataStore"),
      list("CTCap", "ctCaps", "CTCap"),
      list("Ext", "exts", "Ext"),
    ],
  },
  Ext: { rows: [devInfText("XNam", "name"), many("XVal", "values", "text")] },
  DataStore: {
    rows: [
      devInfText("SourceRef", "sourceRef"),
      DISPLAY_NAME,
      opt("MaxGUIDSize", "maxGuidSize", "number"),
      opt("Rx-Pref", "rxPref", "ContentType"),
      many("Rx", "rx", "ContentType"),
      opt("Tx-Pref", "txPref", "ContentType"),
      many("Tx", "tx", "ContentType"),
      list("CTCap", "ctCaps", "CTCap"),
      opt("DSMem", "dsMem", "DSMem"),
      opt("SupportHierarchicalSync", "supportHierarchicalSync", "flag", { since: "1.2" }),
      one("SyncCap", "syncCap", "numbers"),
    ],
  },
  ContentType: { rows: [devInfText("CTType", "type"), devInfText("VerCT", "version")] },
  DSMem: {
    rows: [
      opt("SharedMem", "sharedMem", "flag"),
      opt("MaxMem", "maxMem", "number"),
      opt("MaxID", "maxId", "number"),
    ],
  },
  /** The form of 1.2; 1.0 and 1.1 write the same as one flat sequence. */
  CTCap: {
    rows: [
      devInfText("CTType", "ctType"),
      opt("VerCT", "verCt", "token"),
      opt("FieldLevel", "fieldLevel", "flag"),
      many("Property", "properties", "Property"),
    ],
  },
  Property: {
    rows: [
      devInfText("PropName", "name"),
      DATA_TYPE,
      opt("MaxOccur", "maxOccur", "number"),
      opt("MaxSize", "maxSize", "number", { aliases: ["Size"] }),
      opt("NoTruncate", "noTruncate", "flag"),
      VAL_ENUMS,
      DISPLAY_NAME,
      list("PropParam", "params", "PropParam"),
    ],
  },
  PropParam: { rows: [devInfText("ParamName", "name"), DATA_TYPE, VAL_ENUMS, DISPLAY_NAME] },
} as const satisfies Record<ShapeName, Shape>;

/** Wire names of the commands, and the model's name of each. */
export const COMMAND_TYPES = {
  Add: "add",
  Alert: "alert",
  Atomic: "atomic",
  Copy: "copy",
  Delete: "delete",
  Exec: "exec",
  Get: "get",
  Map: "map",
  Move: "move",
  Put: "put",
  Replace: "replace",
  Results: "results",
  Search: "search",
  Sequence: "sequence",
  Status: "status",
  Sync: "sync",
} as const satisfies Partial<Record<ShapeName, string>>;

export type CommandName = keyof typeof COMMAND_TYPES;

/** Commands that versions before the one named do not know. */
export const COMMANDS_SINCE: Partial<Record<CommandName, Since>> = { Move: "1.2" };

/** The form in which DevInf 1.0 and 1.1 write a property's MaxSize. */
export const FLAT_SIZE_NAME = "Size";

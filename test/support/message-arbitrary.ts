import fc from "fast-check";
import type { CtCap, CtParam, CtProperty, DevInf } from "../../syncml/model/dev-inf.ts";
import type { DevInfDatastore } from "../../syncml/model/dev-inf.ts";
import type { Command, Cred, Data, Item, Message, Meta } from "../../syncml/model/message.ts";
import type { Location, SyncmlVersion } from "../../syncml/model/message.ts";

/** Whole SyncML messages, as both encodings can carry them: no bytes, no character that XML forbids. */

const AWKWARD = [
  ..."& < > \r \n \t \" ' ] [ ; # % + = 0 7".split(" "),
  ...[" ", "é", "ß", "\u00a0", "語", "😀", "&amp;", "]]>", "\r\n", "\ufeff", "\u2028"],
];

/** Any text that XML can carry. */
export const xmlText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...AWKWARD),
      fc.string({ unit: "grapheme-ascii", maxLength: 6 }),
      fc.constantFrom("BEGIN:VCARD\r\n", "N:Doe;John\r\n"),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const token = xmlText.map((text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
const cmdId = fc.oneof(
  fc.integer({ min: 1, max: 99_999 }).map(String),
  fc.constantFrom("007", "a", "00"),
);
const count = fc.oneof(
  fc.nat(),
  fc.constantFrom(0, 127, 128, 16_384, 2_147_483_648, 999_999_999_999_999),
);
const flag = fc.constant(true as const);
const code = fc.integer({ min: 100, max: 599 });

/** A record in which only the named keys are always there. */
const record = <T, K extends keyof T>(
  model: { [P in keyof T]: fc.Arbitrary<T[P]> },
  ...requiredKeys: K[]
): fc.Arbitrary<Pick<T, K> & Partial<T>> =>
  fc.record(model, { requiredKeys }) as fc.Arbitrary<Pick<T, K> & Partial<T>>;

/** Parts that a version may lack; they are optional ones, so their type can stay. */
const onlyIf = <T extends object>(isKnown: boolean, parts: T): T => (isKnown ? parts : ({} as T));

const location: fc.Arbitrary<Location> = record({ locUri: xmlText, locName: xmlText }, "locUri");

const mem = record({ sharedMem: flag, freeMem: count, freeId: count });
const anchor = record({ last: token, next: token });

const metaOf = (version: SyncmlVersion): fc.Arbitrary<Meta> => {
  const in10 = {
    type: token,
    format: fc.constantFrom("b64", "chr", "bin"),
    mark: token,
    version: token,
    size: count,
    anchor,
    nextNonce: token,
    maxMsgSize: count,
    emi: fc.array(xmlText, { minLength: 1, maxLength: 2 }),
    mem,
  };
  if (version === "1.0") return record(in10);
  const in11 = { ...in10, maxObjSize: count };
  return version === "1.1" ? record(in11) : record({ ...in11, fieldLevel: flag });
};

const valEnums = fc.array(xmlText, { minLength: 1, maxLength: 3 });
const flatParts = { name: token, dataType: token, valEnums, displayName: xmlText };
const param: fc.Arbitrary<CtParam> = record(flatParts, "name");
const params = fc.array(param, { minLength: 1, maxLength: 2 });
const flatProperty: fc.Arbitrary<CtProperty> = record(
  { ...flatParts, maxSize: count, params },
  "name",
);
const property: fc.Arbitrary<CtProperty> = record(
  { ...flatParts, maxSize: count, params, maxOccur: count, noTruncate: flag },
  "name",
);
const few = <T>(of: fc.Arbitrary<T>, minLength = 0): fc.Arbitrary<T[]> =>
  fc.array(of, { minLength, maxLength: 3 });

const flatCtCap: fc.Arbitrary<CtCap> = record(
  { ctType: token, properties: few(flatProperty) },
  "ctType",
  "properties",
);
const ctCap: fc.Arbitrary<CtCap> = record(
  { ctType: token, verCt: token, fieldLevel: flag, properties: few(property) },
  "ctType",
  "properties",
);
const contentType = fc.record({ type: token, version: token });

const datastoreParts = {
  sourceRef: token,
  displayName: xmlText,
  maxGuidSize: count,
  rxPref: contentType,
  rx: few(contentType),
  txPref: contentType,
  tx: few(contentType),
  dsMem: record({ sharedMem: flag, maxMem: count, maxId: count }),
  syncCap: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 7 }),
};
const datastore11: fc.Arbitrary<DevInfDatastore> = record(
  datastoreParts,
  "sourceRef",
  "rx",
  "tx",
  "syncCap",
);
const datastore12: fc.Arbitrary<DevInfDatastore> = record(
  { ...datastoreParts, ctCaps: few(ctCap, 1), supportHierarchicalSync: flag },
  "sourceRef",
  "rx",
  "tx",
  "syncCap",
);

const devInfParts = {
  man: token,
  mod: token,
  oem: token,
  fwV: token,
  swV: token,
  hwV: token,
  devId: token,
  devTyp: token,
  exts: few(fc.record({ name: token, values: few(xmlText) }), 1),
};
const in11 = { utc: flag, supportLargeObjs: flag, supportNumberOfChanges: flag };
const REQUIRED = ["verDtd", "devId", "devTyp", "datastores"] as const;

/** A device's self-description in the words of its version. */
export const devInfOf = (version: SyncmlVersion): fc.Arbitrary<DevInf> => {
  const verDtd = fc.constant(version);
  if (version === "1.2") {
    return record({ ...devInfParts, ...in11, verDtd, datastores: few(datastore12) }, ...REQUIRED);
  }
  const flat = { ...devInfParts, verDtd, datastores: few(datastore11), ctCaps: few(flatCtCap, 1) };
  return version === "1.0" ? record(flat, ...REQUIRED) : record({ ...flat, ...in11 }, ...REQUIRED);
};

const text = xmlText.map((value): Data => ({ type: "text", text: value }));

const credOf = (version: SyncmlVersion): fc.Arbitrary<Cred> =>
  record({ meta: metaOf(version), data: text }, "data");

const itemOf = (version: SyncmlVersion, data: fc.Arbitrary<Data>): fc.Arbitrary<Item> => {
  const in10 = { target: location, source: location, meta: metaOf(version), data };
  if (version === "1.0") return record(in10);
  if (version === "1.1") return record({ ...in10, moreData: flag });
  return record({ ...in10, moreData: flag, sourceParent: location, targetParent: location });
};

const itemCommands = (version: SyncmlVersion): fc.Arbitrary<Command>[] => {
  const meta = metaOf(version);
  const base = { cmdId, noResp: flag, cred: credOf(version) };
  const items = few(itemOf(version, text));
  const types = [
    "add",
    "replace",
    "copy",
    ...(version === "1.2" ? ["move" as const] : []),
  ] as const;
  return [
    record({ ...base, type: fc.constantFrom(...types), meta, items }, "cmdId", "type", "items"),
    record(
      { ...base, type: fc.constant("delete"), archive: flag, softDelete: flag, meta, items },
      "cmdId",
      "type",
      "items",
    ),
  ];
};

const infoCommands = (version: SyncmlVersion): fc.Arbitrary<Command>[] => {
  const meta = metaOf(version);
  const base = { cmdId, noResp: flag };
  const anchored = anchor.map((value): Data => ({ type: "meta", meta: { anchor: value } }));
  const devInf = devInfOf(version).map((value): Data => ({ type: "devInf", devInf: value }));
  const items = few(itemOf(version, fc.oneof(text, anchored)));
  const infos = few(itemOf(version, fc.oneof(text, devInf)));
  const cred = credOf(version);
  const correlator = onlyIf(version === "1.2", { correlator: xmlText });
  return [
    record(
      { ...base, ...correlator, type: fc.constant("alert"), cred, code, items },
      "cmdId",
      "type",
      "items",
    ),
    record(
      { ...base, type: fc.constant("put"), cred, lang: token, meta, items: infos },
      "cmdId",
      "type",
      "items",
    ),
    record(
      { ...base, type: fc.constant("get"), cred, lang: token, meta, items },
      "cmdId",
      "type",
      "items",
    ),
    record(
      {
        ...base,
        type: fc.constant("results"),
        msgRef: token,
        cmdRef: token,
        meta,
        targetRef: xmlText,
        sourceRef: xmlText,
        items: infos,
      },
      "cmdId",
      "type",
      "cmdRef",
      "items",
    ),
    record(
      {
        ...base,
        type: fc.constant("status"),
        msgRef: token,
        cmdRef: token,
        cmd: token,
        targetRefs: few(xmlText),
        sourceRefs: few(xmlText),
        cred,
        chal: fc.record({ meta }),
        code,
        items,
      },
      "cmdId",
      "type",
      "msgRef",
      "cmdRef",
      "cmd",
      "targetRefs",
      "sourceRefs",
      "code",
      "items",
    ),
    record(
      {
        ...base,
        type: fc.constant("map"),
        target: location,
        source: location,
        cred,
        meta,
        mapItems: few(fc.record({ target: location, source: location })),
      },
      "cmdId",
      "type",
      "target",
      "source",
      "mapItems",
    ),
    record(
      { ...base, ...correlator, type: fc.constant("exec"), cred, item: itemOf(version, text) },
      "cmdId",
      "type",
    ),
    record(
      {
        ...base,
        type: fc.constant("search"),
        noResults: flag,
        cred,
        target: location,
        sources: few(location),
        lang: token,
        meta,
        data: text,
      },
      "cmdId",
      "type",
      "sources",
    ),
  ];
};

const containers = (version: SyncmlVersion): fc.Arbitrary<Command>[] => {
  const inner = few(fc.oneof(...itemCommands(version)));
  const base = { cmdId, noResp: flag, meta: metaOf(version) };
  const sequence: fc.Arbitrary<Command> = record(
    { ...base, type: fc.constantFrom("atomic", "sequence"), commands: inner },
    "cmdId",
    "type",
    "commands",
  );
  const numberOfChanges = onlyIf(version !== "1.0", { numberOfChanges: count });
  const sync: fc.Arbitrary<Command> = record(
    {
      ...base,
      ...numberOfChanges,
      type: fc.constant("sync"),
      cred: credOf(version),
      target: location,
      source: location,
      commands: few(fc.oneof(sequence, ...itemCommands(version))),
    },
    "cmdId",
    "type",
    "commands",
  );
  return [sequence, sync];
};

/** Any command that the version knows. */
export const commandOf = (version: SyncmlVersion): fc.Arbitrary<Command> =>
  fc.oneof(...itemCommands(version), ...infoCommands(version), ...containers(version));

const messageOf = (version: SyncmlVersion): fc.Arbitrary<Message> =>
  fc.record({
    version: fc.constant(version),
    header: record(
      {
        sessionId: token,
        msgId: count,
        target: location,
        source: location,
        respUri: token,
        noResp: flag,
        cred: credOf(version),
        meta: metaOf(version),
      },
      "sessionId",
      "msgId",
      "target",
      "source",
    ),
    commands: few(commandOf(version)),
    isFinal: fc.boolean(),
  });

/** Any message of any version. */
export const message: fc.Arbitrary<Message> = fc.oneof(
  messageOf("1.0"),
  messageOf("1.1"),
  messageOf("1.2"),
);

import type { DevInf } from "../../model/dev-inf.ts";
import type { Command, Data, Message, SyncHdr, SyncmlVersion } from "../../model/message.ts";
import { COMMAND_TYPES } from "../../spec/elements.ts";
import type { CommandName } from "../../spec/elements.ts";
import { PROTOCOLS } from "../../spec/namespaces.ts";
import type { Holds, Row, ShapeName } from "../../spec/rows.ts";
import { utf8OrUndefined } from "../charset.ts";
import { childNamed } from "../element.ts";
import type { Element } from "../element.ts";
import { malformed } from "../malformed.ts";
import { nestCtCaps, unwrapMetInf } from "./ctcap.ts";
import { cmdIdOf, flagOf, numberOf, textOf, tokenOf } from "./scalar.ts";
import { isShapeName, rowOf, shapeNamed } from "./shape.ts";

/** Fields of a model object under construction; the tables say that they fit the model's type. */
type Fields = Record<string, unknown>;

/** Brings the children of a structure into the form that the table describes. */
const NORMALIZED: Partial<Record<ShapeName, (children: readonly Element[]) => readonly Element[]>> =
  {
    DevInf: nestCtCaps,
    DataStore: nestCtCaps,
    Meta: unwrapMetInf,
  };

const decodeSimple: Record<Exclude<Holds, ShapeName>, (element: Element) => unknown> = {
  text: textOf,
  token: tokenOf,
  cmdId: cmdIdOf,
  number: numberOf,
  flag: flagOf,
  data: (element) => decodeData(element),
  numbers: (element) => element.children.map(numberOf).filter((value) => value !== undefined),
};

const decodeValue = (row: Row, element: Element): unknown =>
  isShapeName(row.holds) ? decodeShape(row.holds, element) : decodeSimple[row.holds](element);

const setField = (fields: Fields, row: Row, value: unknown): void => {
  if (value === undefined) return;
  const known = fields[row.field];
  if (row.occurs === "*" || row.occurs === "list") {
    if (Array.isArray(known)) known.push(value);
    else fields[row.field] = [value];
  } else if (known === undefined) fields[row.field] = value;
};

/** What the table requires and the peer left out. */
const absentValue = (row: Row): unknown => {
  if (row.occurs === "*") return [];
  if (row.occurs !== "1") return undefined;
  if (row.fallback !== undefined) return row.fallback;
  if (row.holds === "numbers") return [];
  throw malformed(`${row.name} is missing or of no use`);
};

const decodeShape = (name: ShapeName, element: Element): Fields => {
  const fields: Fields = {};
  const children = NORMALIZED[name]?.(element.children) ?? element.children;
  for (const child of children) {
    const row = rowOf(name, child.name);
    if (row !== undefined) setField(fields, row, decodeValue(row, child));
  }
  const shape = shapeNamed(name);
  for (const row of shape.rows) {
    if (fields[row.field] === undefined) setAbsent(fields, row);
  }
  if (shape.holdsCommands) fields["commands"] = decodeCommands(children, name);
  return fields;
};

const setAbsent = (fields: Fields, row: Row): void => {
  const value = absentValue(row);
  if (value !== undefined) fields[row.field] = value;
};

const decodeData = (element: Element): Data => {
  if (element.bytes !== undefined) {
    const text = utf8OrUndefined(element.bytes);
    return text === undefined ? { type: "bytes", bytes: element.bytes } : { type: "text", text };
  }
  if (element.children.length === 0) return { type: "text", text: element.text };
  const devInf = childNamed(element, "DevInf");
  if (devInf !== undefined) return { type: "devInf", devInf: toDevInf(devInf) };
  const isMeta = element.children.some(
    (child) => child.name === "MetInf" || rowOf("Meta", child.name) !== undefined,
  );
  if (!isMeta) throw malformed("Data with markup that is neither MetInf nor DevInf");
  return { type: "meta", meta: decodeShape("Meta", element) };
};

const isCommandName = (name: string): name is CommandName => Object.hasOwn(COMMAND_TYPES, name);

/** An unknown element with a CmdID wants an answer; one without is vendor's junk. */
const decodeUnknown = (element: Element): Command | undefined => {
  const cmdId = childNamed(element, "CmdID");
  return cmdId && { type: "unknown", name: element.name, cmdId: cmdIdOf(cmdId) };
};

const decodeCommand = (element: Element): Command | undefined => {
  const { name } = element;
  if (!isCommandName(name)) return decodeUnknown(element);
  const fields = decodeShape(name, element);
  fields["type"] = COMMAND_TYPES[name];
  return fields as unknown as Command;
};

const decodeCommands = (
  children: readonly Element[],
  within: ShapeName | undefined,
): readonly Command[] => {
  const commands: Command[] = [];
  for (const child of children) {
    if (within !== undefined && rowOf(within, child.name) !== undefined) continue;
    const command = decodeCommand(child);
    if (command !== undefined) commands.push(command);
  }
  return commands;
};

const LATEST: SyncmlVersion = "1.2";

const KNOWN_PROTOCOLS = new Set(Object.values(PROTOCOLS).map((name) => name.toLowerCase()));

/** Left out, it is that of VerDTD; one of another known version is, too, since some clients mix them. */
const speaksKnownProtocol = (header: Element): boolean => {
  const protocol = childNamed(header, "VerProto");
  return protocol === undefined || KNOWN_PROTOCOLS.has(tokenOf(protocol).toLowerCase());
};

/** A version that is not known is told apart only here: its peer is to hear of it in an answer that it can read. */
const toVersion = (
  header: Element,
): Pick<Message, "version" | "isVersionUnknown" | "isProtocolUnknown"> => {
  const verDtd = childNamed(header, "VerDTD");
  const version = verDtd && tokenOf(verDtd);
  if (version === undefined || version === "") throw malformed("VerDTD is missing");
  if (!Object.hasOwn(PROTOCOLS, version)) return { version: LATEST, isVersionUnknown: true };
  const isProtocolUnknown = !speaksKnownProtocol(header);
  return { version: version as SyncmlVersion, ...(isProtocolUnknown ? { isProtocolUnknown } : {}) };
};

const requiredChild = (element: Element, name: string): Element => {
  const child = childNamed(element, name);
  if (child === undefined) throw malformed(`${name} is missing`);
  return child;
};

/** @param root any element; it must be DevInf @throws SyncmlError SYNCML_MALFORMED */
export const toDevInf = (root: Element): DevInf => {
  if (root.name !== "DevInf") throw malformed("the root is not DevInf");
  return decodeShape("DevInf", root) as unknown as DevInf;
};

/**
 * Tree -> model. What the tables do not know is ignored, except an unknown command that carries a CmdID.
 * @param root any element; it must be SyncML
 * @throws SyncmlError SYNCML_MALFORMED where a required part is missing
 */
export const toMessage = (root: Element): Message => {
  if (root.name !== "SyncML") throw malformed("the root is not SyncML");
  const header = requiredChild(root, "SyncHdr");
  const body = requiredChild(root, "SyncBody");
  return {
    ...toVersion(header),
    header: decodeShape("SyncHdr", header) as unknown as SyncHdr,
    commands: decodeCommands(body.children, undefined),
    isFinal: childNamed(body, "Final") !== undefined,
  };
};

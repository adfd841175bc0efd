import type { DevInf } from "../../model/dev-inf.ts";
import type { Command, Data, Message, SyncmlVersion } from "../../model/message.ts";
import { COMMAND_TYPES, COMMANDS_SINCE } from "../../spec/elements.ts";
import type { CommandName } from "../../spec/elements.ts";
import { PROTOCOLS } from "../../spec/namespaces.ts";
import type { Holds, Row, ShapeName } from "../../spec/rows.ts";
import { bytesElement, parentElement, textElement } from "../element.ts";
import type { Element } from "../element.ts";
import { notEncodable } from "../malformed.ts";
import { flattenCtCaps, isFlatVersion } from "./ctcap.ts";
import { hasSince, isShapeName, shapeNamed } from "./shape.ts";

type Fields = Readonly<Record<string, unknown>>;
type KnownType = Exclude<Command["type"], "unknown">;

const COMMAND_NAMES = Object.fromEntries(
  Object.entries(COMMAND_TYPES).map(([name, type]) => [type, name]),
) as Record<KnownType, CommandName>;

const digits = (value: number): string => {
  if (!Number.isSafeInteger(value) || value < 0) throw notEncodable("not a whole number");
  return String(value);
};

const encodeSimple: Record<
  Exclude<Holds, ShapeName>,
  (name: string, value: unknown, version: string) => Element
> = {
  text: (name, value) => textElement(name, value as string),
  token: (name, value) => textElement(name, value as string),
  cmdId: (name, value) => textElement(name, value as string),
  number: (name, value) => textElement(name, digits(value as number)),
  flag: (name) => textElement(name, ""),
  data: (name, value, version) => encodeData(name, value as Data, version),
  numbers: (name, value) =>
    parentElement(
      name,
      (value as readonly number[]).map((number) => textElement("SyncType", digits(number))),
    ),
};

const encodeValue = (row: Row, value: unknown, version: string): Element =>
  isShapeName(row.holds)
    ? encodeShape(row.holds, row.name, value as Fields, version)
    : encodeSimple[row.holds](row.name, value, version);

const encodeRow = (row: Row, value: unknown, version: string): readonly Element[] => {
  if (value === undefined || value === false) return [];
  if (!hasSince(version, row.since)) {
    if (row.isEssential) throw notEncodable(`${row.name} in SyncML ${version}`);
    return [];
  }
  if (row.occurs !== "*" && row.occurs !== "list") return [encodeValue(row, value, version)];
  return (value as readonly unknown[]).map((one) => encodeValue(row, one, version));
};

const encodeShape = (
  shapeName: ShapeName,
  name: string,
  fields: object,
  version: string,
): Element => {
  const shape = shapeNamed(shapeName);
  const children: Element[] = [];
  for (const row of shape.rows) {
    children.push(...encodeRow(row, (fields as Fields)[row.field], version));
  }
  if (shape.holdsCommands) {
    const { commands } = fields as { readonly commands: readonly Command[] };
    for (const command of commands) children.push(fromCommand(command, version));
  }
  const isFlat = (shapeName === "DevInf" || shapeName === "DataStore") && isFlatVersion(version);
  return parentElement(name, isFlat ? flattenCtCaps(children) : children);
};

const encodeData = (name: string, data: Data, version: string): Element => {
  switch (data.type) {
    case "text":
      return textElement(name, data.text);
    case "bytes":
      return bytesElement(name, data.bytes);
    case "meta":
      return encodeShape("Meta", name, data.meta, version);
    case "devInf":
      return parentElement(name, [fromDevInf(data.devInf)]);
  }
};

/** A self-description in the form of its own VerDTD. */
export const fromDevInf = (devInf: DevInf): Element =>
  encodeShape("DevInf", "DevInf", devInf, devInf.verDtd);

/**
 * Optional parts that came with a later version are left out.
 * @throws SyncmlError (ours) for an unknown command, and for what an older version cannot say
 */
export const fromCommand = (command: Command, version: string): Element => {
  if (command.type === "unknown") throw notEncodable("an unknown command");
  const name = COMMAND_NAMES[command.type];
  if (!hasSince(version, COMMANDS_SINCE[name] ?? "1.0")) {
    throw notEncodable(`${name} in SyncML ${version}`);
  }
  return encodeShape(name, name, command, version);
};

const fromHeader = (message: Message): Element => {
  const { version } = message;
  const header = encodeShape("SyncHdr", "SyncHdr", message.header, version);
  return parentElement(header.name, [
    textElement("VerDTD", version),
    textElement("VerProto", PROTOCOLS[version]),
    ...header.children,
  ]);
};

/** Model -> tree. @throws SyncmlError (ours) as {@link fromCommand} */
export const fromMessage = (message: Message): Element => {
  const version: SyncmlVersion = message.version;
  const commands = message.commands.map((command) => fromCommand(command, version));
  const final = message.isFinal ? [textElement("Final", "")] : [];
  return parentElement("SyncML", [
    fromHeader(message),
    parentElement("SyncBody", [...commands, ...final]),
  ]);
};

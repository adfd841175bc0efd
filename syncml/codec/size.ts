import type { Command, Message, SyncmlVersion } from "../model/message.ts";
import { encodeMessage } from "./codec.ts";
import type { Encoding } from "./content-type.ts";
import { fromCommand } from "./mapping/encode.ts";
import { writeWbxmlFragment } from "./wbxml/write-wbxml.ts";
import { writeXmlFragment } from "./xml/write-xml.ts";

/**
 * Bytes that a command adds to a message, or to the Sync, Atomic or Sequence around it: exact in XML, at most two too
 * many in WBXML (a code page switched back), never too few.
 * @throws SyncmlError (ours) for what the encoding or the version cannot carry
 */
export const encodedSizeBytes = (
  command: Command,
  version: SyncmlVersion,
  encoding: Encoding,
): number => {
  const element = fromCommand(command, version);
  return encoding === "xml"
    ? Buffer.byteLength(writeXmlFragment(element, version), "utf8")
    : writeWbxmlFragment(element, version).length;
};

/** Bytes of a message with this header, no commands and a Final: what {@link encodedSizeBytes} is to be added to. */
export const emptyMessageSizeBytes = (
  message: Pick<Message, "version" | "header">,
  encoding: Encoding,
): number =>
  encodeMessage(
    { version: message.version, header: message.header, commands: [], isFinal: true },
    encoding,
  ).length;

import type { DevInf } from "../model/dev-inf.ts";
import type { Message } from "../model/message.ts";
import { encodingOf, parseContentType } from "./content-type.ts";
import type { Encoding } from "./content-type.ts";
import type { Element } from "./element.ts";
import { Budget, checkSize } from "./limits.ts";
import type { DecodeLimits } from "./limits.ts";
import { toDevInf, toMessage } from "./mapping/decode.ts";
import { fromDevInf, fromMessage } from "./mapping/encode.ts";
import { openNestedDevInf } from "./nested-dev-inf.ts";
import { writeWbxml } from "./wbxml/write-wbxml.ts";
import { readWbxml } from "./wbxml/read-wbxml.ts";
import { readXml } from "./xml/read-xml.ts";
import { writeXml } from "./xml/write-xml.ts";

/**
 * Bytes -> message, in either encoding.
 * @param contentType the header's value with its parameters, or undefined where the peer sent none
 * @param limits what the message may cost
 * @throws SyncmlError SYNCML_MALFORMED, SYNCML_TOO_LARGE, SYNCML_MEDIA_TYPE; nothing else, whatever the bytes
 */
export const decodeMessage = (
  bytes: Uint8Array,
  contentType: string | undefined,
  limits: DecodeLimits,
): { readonly message: Message; readonly encoding: Encoding } => {
  checkSize(bytes, limits);
  const { mediaType, charset } = parseContentType(contentType);
  const encoding = encodingOf(bytes, mediaType);
  const budget = new Budget(limits);
  const root =
    encoding === "xml" ? readXml(bytes, charset, budget) : readWbxml(bytes, "SyncML", budget);
  return { message: toMessage(openNestedDevInf(root, budget)), encoding };
};

/** Message -> bytes. @throws SyncmlError (ours) for what the encoding or the version cannot carry */
export const encodeMessage = (message: Message, encoding: Encoding): Uint8Array => {
  const root: Element = fromMessage(message);
  return encoding === "xml" ? writeXml(root, message.version) : writeWbxml(root, message.version);
};

/**
 * A DevInf document that stands alone, in either encoding.
 * @throws SyncmlError SYNCML_MALFORMED, SYNCML_TOO_LARGE, SYNCML_MEDIA_TYPE
 */
export const decodeDevInf = (bytes: Uint8Array, limits: DecodeLimits): DevInf => {
  checkSize(bytes, limits);
  const budget = new Budget(limits);
  return toDevInf(
    encodingOf(bytes, undefined) === "xml"
      ? readXml(bytes, undefined, budget)
      : readWbxml(bytes, "DevInf", budget),
  );
};

/** The inverse; the form follows `verDtd`. @throws SyncmlError (ours) for what the encoding cannot carry */
export const encodeDevInf = (devInf: DevInf, encoding: Encoding): Uint8Array => {
  const root = fromDevInf(devInf);
  return encoding === "xml" ? writeXml(root, "1.2") : writeWbxml(root, "1.2");
};

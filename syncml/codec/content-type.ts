import { SyncmlError } from "../errors.ts";
import { LAX_MEDIA_TYPES, SYNCML_MEDIA_TYPES } from "../spec/media-types.ts";
import { charsetByMark } from "./charset.ts";

export type Encoding = "xml" | "wbxml";

/** A Content-Type header taken apart; `charset` in lower case. */
export interface ContentType {
  readonly mediaType: string | undefined;
  readonly charset: string | undefined;
}

const CHARSET_PARAM = /;\s*charset\s*=\s*"?([^\s;"]+)"?/i;

export const parseContentType = (header: string | undefined): ContentType => {
  const mediaType = header?.split(";", 1)[0]?.trim().toLowerCase();
  return {
    mediaType: mediaType === "" ? undefined : mediaType,
    charset: header?.match(CHARSET_PARAM)?.[1]?.toLowerCase(),
  };
};

const isReadable = (mediaType: string | undefined): boolean =>
  mediaType === undefined ||
  mediaType === SYNCML_MEDIA_TYPES.xml ||
  mediaType === SYNCML_MEDIA_TYPES.wbxml ||
  LAX_MEDIA_TYPES.includes(mediaType);

const isXmlSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** XML begins with `<`, a WBXML document with its version, 1 to 3: no message can be taken for the other kind. */
export const sniffEncoding = (bytes: Uint8Array): Encoding | undefined => {
  const first = bytes[0];
  if (first !== undefined && first >= 1 && first <= 3) return "wbxml";
  if (charsetByMark(bytes) !== undefined) return "xml";
  return bytes.find((byte) => !isXmlSpace(byte) && byte !== 0) === 0x3c ? "xml" : undefined;
};

/**
 * Quirk(SyncEvolution and others): the declared type is wrong or carries parameters, so it only says whether this is
 * meant to be SyncML at all; which encoding it is, the bytes say.
 * @throws SyncmlError SYNCML_MEDIA_TYPE
 */
export const encodingOf = (bytes: Uint8Array, mediaType: string | undefined): Encoding => {
  const encoding = isReadable(mediaType) ? sniffEncoding(bytes) : undefined;
  if (encoding !== undefined) return encoding;
  if (mediaType === SYNCML_MEDIA_TYPES.xml) return "xml";
  if (mediaType === SYNCML_MEDIA_TYPES.wbxml) return "wbxml";
  throw new SyncmlError("SYNCML_MEDIA_TYPE", "neither SyncML XML nor SyncML WBXML");
};

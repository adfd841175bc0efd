import { SyncmlError } from "../../errors.ts";
import {
  PUBLIC_ID_IN_TABLE,
  PUBLIC_ID_UNKNOWN,
  PUBLIC_IDS,
  WBXML_CHARSETS,
} from "../../spec/wbxml.ts";
import type { DocumentKind } from "../../spec/wbxml.ts";
import { decodeStrictly } from "../charset.ts";
import { malformed } from "../malformed.ts";
import { Cursor } from "./cursor.ts";

/** What stands before the body of a WBXML document. */
export interface WbxmlHeader {
  readonly charset: string;
  readonly strings: StringTable;
}

/** Strings that a document refers to by offset. */
export class StringTable {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws SyncmlError SYNCML_MALFORMED for an offset outside, or a string without end */
  at(offset: number): Uint8Array {
    if (offset >= this.#bytes.length) throw malformed("a string outside the table");
    const end = this.#bytes.indexOf(0, offset);
    // Quirk(SyncEvolution, SyncML 1.0): the table holds one string, the public identifier, without its zero.
    return this.#bytes.subarray(offset, end < 0 ? this.#bytes.length : end);
  }
}

const FPI = /^-\/\/[^/]+\/\/DTD (SyncML|DevInf) 1\.[0-9]\/\/EN$/i;

const kindOfFpi = (fpi: string): DocumentKind | undefined => {
  const name = FPI.exec(fpi)?.[1]?.toLowerCase();
  if (name === "syncml") return "SyncML";
  return name === "devinf" ? "DevInf" : undefined;
};

/** Token tables are the same in all versions, so the kind is all that the public identifier has to tell. */
const checkKind = (publicId: number, fpi: Uint8Array | undefined, expected: DocumentKind): void => {
  if (publicId === PUBLIC_ID_UNKNOWN) return;
  const kind =
    fpi === undefined
      ? PUBLIC_IDS.find((row) => row.id === publicId)?.kind
      : kindOfFpi(decodeStrictly(fpi, "us-ascii"));
  if (kind !== expected) throw malformed(`not a ${expected} document`);
};

/** Version, public identifier, charset, string table. Source: WBXML 1.3, 5.4 to 5.7. */
export const readHeader = (cursor: Cursor, expected: DocumentKind): WbxmlHeader => {
  const version = cursor.byte();
  if (version < 1 || version > 3) throw malformed("an unknown version of WBXML");
  const publicId = cursor.multiByteInt();
  const fpiOffset = publicId === PUBLIC_ID_IN_TABLE ? cursor.multiByteInt() : undefined;
  const charset = WBXML_CHARSETS[cursor.multiByteInt()];
  if (charset === undefined) throw new SyncmlError("SYNCML_MEDIA_TYPE", "unknown charset");
  const strings = new StringTable(cursor.take(cursor.multiByteInt()));
  checkKind(publicId, fpiOffset === undefined ? undefined : strings.at(fpiOffset), expected);
  return { charset, strings };
};

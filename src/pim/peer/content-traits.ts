/** What is different in the items of one peer. Absent: as the formats say. */
export interface ContentTraits {
  /** The media type of contacts that it gets, whatever its DevInf prefers. */
  readonly contactType?: "text/vcard" | "text/x-vcard";
  /** What bytes are in that are not UTF-8 and say no charset; windows-1252 where absent. */
  readonly inputCharset?: string;
  /** One property is one line, however long: it cannot join folded lines. */
  readonly noFolding?: boolean;
  /** It gets no property without a value. */
  readonly omitsEmptyProperties?: boolean;
  /** It takes an EMAIL only with TYPE=INTERNET. */
  readonly emailInternet?: boolean;
  /** Types of a PHOTO are media types: image/jpeg for JPEG. */
  readonly photoMimeType?: boolean;
  /** Its categories begin with X-. */
  readonly categoriesX?: boolean;
}

/** A peer whose items are as the formats say. */
export const PLAIN_CONTENT: ContentTraits = {};

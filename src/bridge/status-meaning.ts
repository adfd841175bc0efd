/** What a Status of an item means to a person. Source: SyncML RepPro, "Response Status Codes". */
const MEANING: Readonly<Record<number, string>> = {
  207: "conflict, merged",
  208: "conflict, the peer's version won",
  209: "conflict, both versions kept",
  211: "was not there",
  213: "part of a large item",
  400: "cannot be read",
  401: "credentials are missing",
  403: "forbidden",
  404: "not found",
  405: "not in this direction",
  406: "not supported",
  409: "conflict, left open",
  410: "gone",
  413: "larger than allowed",
  415: "of an unknown type",
  416: "larger than announced",
  417: "to be tried again later",
  418: "is there already",
  419: "conflict, the card's version won",
  420: "no room",
  424: "not of the announced size",
  500: "failed",
  506: "failed while it was worked on",
  507: "undone, because another item failed",
  510: "the datastore failed",
};

const FIRST_FAILURE = 400;

/** @returns undefined for an item that simply went through */
export function meaningOf(status: number): string | undefined {
  return MEANING[status] ?? (status >= FIRST_FAILURE ? "refused" : undefined);
}

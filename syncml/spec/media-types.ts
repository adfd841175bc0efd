/** Source: SyncML HTTP Binding, "MIME header type requirement". */
export const SYNCML_MEDIA_TYPES = {
  xml: "application/vnd.syncml+xml",
  wbxml: "application/vnd.syncml+wbxml",
} as const;

/** Types of a DevInf document; in an Item's Meta the one of the message's encoding. */
export const DEVINF_MEDIA_TYPES = {
  xml: "application/vnd.syncml-devinf+xml",
  wbxml: "application/vnd.syncml-devinf+wbxml",
} as const;

/** What peers declare in place of the right type; the first bytes tell then. */
export const LAX_MEDIA_TYPES: readonly string[] = [
  "text/xml",
  "application/xml",
  "application/octet-stream",
];

/**
 * LocURIs are opaque keys that are kept (device ids, LUIDs): a longer one, counted in UTF-16 units, is nobody's.
 * The session's id is held to the same.
 */
export const MAX_KEY_LENGTH = 1024;

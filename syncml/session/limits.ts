// Every bound of sessions and of what runs them. What a message may cost to decode stands in codec/limits.ts, since the
// codecs know nothing of sessions; what a service may choose is in SyncServerOptions.

/**
 * LocURIs are opaque keys that are kept (device ids, LUIDs): a longer one, counted in UTF-16 units, is nobody's.
 * The session's id is held to the same.
 */
export const MAX_KEY_LENGTH = 1024;

/** Wrong credentials that end a session. */
export const MAX_AUTH_FAILURES = 3;

/** How often we show a peer who we are when it asks again: its nonce may have been stale the first time. */
export const MAX_OWN_TRIES = 2;

/**
 * Messages in a row in which a peer only asks for more (Alert 222) where nothing is left for it: then the session ends.
 * libsynthesis gives up after three as a server and after five as a client.
 */
export const MAX_IDLE_MESSAGES = 5;

/** After so many in a session that goes on with another one, the peer has nothing more to say. */
export const MAX_SILENT_RESUME = 3;

/** Messages of one session, however much they do: 30,000 items in messages of the smallest size need less. */
export const MAX_SESSION_MESSAGES = 100_000;

/** Contents, in base64, of items that wait for the card: above it the next message takes as long as they need. */
export const MAX_DELAYED_BYTES = 1024 * 1024;

/** How long one message is worked on before its answer leaves, where the service says nothing else. */
export const MAX_WORK_MS = 20_000;

/** Phones send again what they had no answer to for as long as this. */
export const MIN_KEPT_MS = 15 * 60 * 1000;

const KB = 1024;
const MB = 1024 * KB;

/**
 * Every bound of the service in one place. Two layers that know nothing of it have their own: `syncml/session/limits.ts`
 * with `syncml/codec/limits.ts`, and `src/pim/limits.ts`. Those that the configuration may move are its defaults;
 * what is advertised to peers (MaxMsgSize, MaxObjSize) is what is enforced.
 */
export const LIMITS = {
  /** MaxMsgSize that we announce and keep to, bytes. */
  maxMsgSizeBytes: 256 * KB,
  /** The most that the configuration may set for it, bytes. */
  largestMsgSizeBytes: 64 * MB,
  /** MaxObjSize that we announce: one item, bytes; no more than `src/pim` reads of one (its limits.ts). */
  maxObjSizeBytes: 1 * MB,
  /** A request body after inflating it, bytes: SyncEvolution's first message passes whatever MaxMsgSize it announces. */
  bodyBytes: 1 * MB,
  /** Sessions open at once. */
  sessions: 64,
  /** Requests of one address in a minute. */
  requestsPerMinute: 6000,
  /** Connections open at once. */
  connections: 256,
  /** Of one address; a device needs one or two, and those behind one NAT share an address. */
  connectionsPerAddress: 64,
  /** A session without a message for so long is abandoned, seconds. */
  sessionTimeoutSeconds: 300,
  /** The last answer of an ended session is kept for a client that asks again, ms; Nokia E51 waits 15 minutes. */
  keepEndedMs: 20 * 60_000,
  /** Request headers, bytes. */
  headerBytes: 16 * KB,
  /** The token in `?s=` and the card label in the path, characters. */
  urlPartLength: 200,
  /** Sessions that time out are looked for at least so often, ms. */
  sweepMs: 30_000,
  /** Time for a request to arrive whole, ms: 60 KB over GPRS. */
  requestTimeoutMs: 60_000,
  /** A connection on which nothing moves for so long is closed, ms; a first sync of a full card may think for a while. */
  idleSocketMs: 300_000,
  /** Time for its headers to arrive, ms. */
  headersTimeoutMs: 10_000,
  /** An idle connection is closed after so long, ms. */
  keepAliveTimeoutMs: 5_000,
  /** Time for running messages to end when the service stops, ms. */
  shutdownMs: 10_000,
  /** User names, bytes in UTF-8. */
  userNameBytes: 64,
  /** Passwords, bytes in UTF-8. */
  passwordBytes: 256,
  /** Password checks that run at once; each takes 32 MB and some 100 ms of a core. */
  parallelPasswordChecks: 2,
  /** Password checks that may wait for those; more are refused for now (503). */
  waitingPasswordChecks: 64,
  /** Verified passwords that are remembered in memory. */
  rememberedPasswords: 1000,
  /** Wrong credentials from one address, or of one user, before further ones have to wait until they are looked at. */
  freeWrongPasswords: 5,
  /** The longest wait between two tries of one address, ms. */
  wrongPasswordDelayMs: 5_000,
  /** Who would have to wait longer behind others of the same address is refused for now (503), ms. */
  longestGuessWaitMs: 20_000,
  /** Wrong credentials are forgotten when none came for so long, ms. */
  guessMemoryMs: 15 * 60_000,
  /** Addresses, users and devices for which that is kept, each in memory. */
  guessLanes: 10_000,
  /** Devices with a nonce; the longest unused ones make room. */
  nonces: 10_000,
  /** Devices of one user; the longest unused ones make room. */
  devicesPerUser: 100,
  /** One request or answer line on the control socket, bytes. */
  controlLineBytes: 64 * MB,
  /** Size of a new virtual card, KB. */
  cardSizeKb: 144,
  /** Smallest and largest virtual card, KB. */
  cardSizeRangeKb: { min: 16, max: 4096 },
  /** A card in a reader that was not used for so long is let go, seconds. */
  cardIdleSeconds: 60,
  /** What a backup of a card may hold, bytes. */
  backupBytes: 64 * MB,
  /** The file with the PINs of cards in readers, bytes. */
  pinFileBytes: 64 * KB,
  /** A card's label, bytes of UTF-8. */
  cardLabelBytes: 31,
  /** Servers that cards are taken to. */
  peers: 100,
  /** A peer's name, characters. */
  peerNameLength: 64,
  /** Pauses after which a message that a server did not answer is sent again, the same bytes, ms. */
  peerResendPausesMs: [2_000, 5_000, 10_000],
  /** Time for a server to answer a message, ms. */
  peerAnswerMs: 120_000,
  /** An answer of a server after inflating it, bytes. */
  peerAnswerBytes: 4 * MB,
  /** A server's URL, characters. */
  peerUrlLength: 2048,
  /** Pause before a failed scheduled sync is tried again, ms; doubled with each further failure. */
  firstRetryMs: 60_000,
  /** The longest such pause, ms. */
  longestRetryMs: 3_600_000,
  /** Failures in a row after which a peer is left alone until a person resumes it. */
  failuresBeforePause: 8,
  /** The most by which a scheduled sync may be late at random, seconds. */
  jitterSeconds: 3600,
  /** A card that was changed is synchronized once it was left alone for so long, ms. */
  changeQuietMs: 5_000,
  /** A file of quirk rules, characters. */
  quirkFileBytes: 1 * MB,
  /** Rules in one file. */
  quirkRules: 500,
  /** Patterns for one key of a rule, and the characters of each. */
  quirkPatterns: 50,
  quirkPatternLength: 100,
  /** A rule's provenance, characters. */
  quirkSourceLength: 500,
  /** What counts of each thing that a device says of itself, characters. */
  quirkTextLength: 100,
  /** Syncs that `history` shows. */
  historyRows: 1000,
  /** Syncs that the history keeps. */
  historySyncs: 10_000,
  /** Items of one sync of which the history tells; the others are only counted. */
  historyItemsPerSync: 5_000,
  /** Items of all syncs of one card database of which it tells; those of the oldest syncs make room. */
  historyItemsPerDatabase: 20_000,
  /** How long it tells of items, and how long a sync can be undone item by item, days. */
  historyDays: 90,
  /** Of an item's title, characters. */
  historyTitleLength: 80,
  /** Syncs that changed a card database and can be undone item by item. */
  undoSyncs: 50,
  /** Former contents kept for that, for one card database, bytes; the newest sync's stay in any case. */
  undoBytes: 64 * MB,
  /** A sync that removes fewer items makes no backup. */
  massDeletion: 10,
  /** Backups of one card database; of more, the one with the fewest items makes room, but never the newest. */
  backups: 8,
  /** How long a backup is kept, days; the newest one of a database stays. */
  backupDays: 90,
} as const;

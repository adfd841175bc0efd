import { isIP } from "node:net";
import { z } from "zod";
import { LIMITS } from "./limits.ts";

const conflictPolicy = z.enum(["server-wins", "client-wins", "newest", "duplicate"]);

const count = (most: number): z.ZodNumber => z.int().min(1).max(most);

const server = z.strictObject({
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on. Any but the loopback one needs tls, or insecureHttp."),
  port: z.int().min(0).max(65535).default(8080).describe("Port to listen on; 0 takes a free one."),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe("File with the certificate chain, PEM."),
      key: z.string().min(1).describe("File with the private key, PEM."),
    })
    .optional()
    .describe("Speak HTTPS with this certificate."),
  insecureHttp: z
    .boolean()
    .default(false)
    .describe("Allow plain HTTP on other than the loopback address."),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Our address as peers see it, where a proxy stands in between: used in RespURI."),
  trustProxy: z
    .array(z.string().min(1))
    .default([])
    .describe("Proxies whose X-Forwarded headers count: addresses, networks, or 'loopback'."),
});

const sync = z.strictObject({
  conflicts: conflictPolicy
    .default("newest")
    .describe("Who wins where both sides changed an item. Here 'server' is the card."),
  maxMsgSizeBytes: z
    .int()
    .min(4096)
    .max(LIMITS.largestMsgSizeBytes)
    .default(LIMITS.maxMsgSizeBytes)
    .describe("MaxMsgSize: the largest message that we announce, bytes."),
  maxObjSizeBytes: z
    .int()
    .min(4096)
    .max(LIMITS.maxObjSizeBytes)
    .default(LIMITS.maxObjSizeBytes)
    .describe("MaxObjSize: the largest item, bytes."),
  sessionTimeoutSeconds: count(86_400)
    .default(LIMITS.sessionTimeoutSeconds)
    .describe("A session without a message for so long is given up."),
});

const peer = z.strictObject({
  user: z.string().min(1).describe("The user's name."),
  device: z
    .string()
    .min(1)
    .optional()
    .describe("The device's id (DevID); all devices of the user if left out."),
  conflicts: conflictPolicy.describe("Who wins for this peer."),
});

const limits = z.strictObject({
  bodyBytes: z
    .int()
    .min(16_384)
    .max(256 * 1024 * 1024)
    .default(LIMITS.bodyBytes)
    .describe("The largest HTTP body that is read, bytes."),
  sessions: count(10_000).default(LIMITS.sessions).describe("Sessions open at once."),
  requestsPerMinute: count(1_000_000)
    .default(LIMITS.requestsPerMinute)
    .describe("Requests of one address in a minute."),
  connections: count(10_000).default(LIMITS.connections).describe("Connections open at once."),
  connectionsPerAddress: count(10_000)
    .default(LIMITS.connectionsPerAddress)
    .describe("Connections open at once of one address; server.trustProxy may have more."),
});

/** The whole configuration. Everything has a default, so an empty file is a valid one. */
export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .optional()
    .describe("Folder that holds everything. Default: cardsync in XDG_DATA_HOME (~/.local/share)."),
  server: server.prefault({}).describe("Where peers reach us."),
  sync: sync.prefault({}).describe("How we synchronize."),
  peers: z.array(peer).default([]).describe("What is different for some users or devices."),
  limits: limits.prefault({}).describe("What one peer, or all of them, may use."),
  storage: z
    .strictObject({
      image: z
        .enum(["disk", "memory"])
        .default("disk")
        .describe(
          "Where copies of the card's contents are kept, also those for `history undo`; on disk they are encrypted.",
        ),
    })
    .prefault({})
    .describe("What is kept on this machine."),
  card: z
    .strictObject({
      sizeKb: z
        .int()
        .min(LIMITS.cardSizeRangeKb.min)
        .max(LIMITS.cardSizeRangeKb.max)
        .default(LIMITS.cardSizeKb)
        .describe("Memory of a virtual card that is made, KB."),
      virtual: z
        .boolean()
        .default(true)
        .describe("Make a virtual card at the first start, if there is no card at all."),
      pcsc: z
        .boolean()
        .default(true)
        .describe("Use the cards in PC/SC readers, where there is a PC/SC daemon."),
      pinFile: z
        .string()
        .min(1)
        .optional()
        .describe(
          "File with the PINs of cards in readers, a line each: the PIN, or PIN and part of a reader's name.",
        ),
      idleSeconds: count(3600)
        .default(LIMITS.cardIdleSeconds)
        .describe("A card in a reader is let go when it was not used for so long."),
      vpcd: z
        .strictObject({
          host: z.string().min(1).default("127.0.0.1").describe("Address to listen on."),
          port: z.int().min(0).max(65535).default(35963).describe("Port to listen on."),
        })
        .optional()
        .describe("Take virtual cards that dial in by the vpcd protocol, without PC/SC."),
    })
    .prefault({})
    .describe("Cards and readers."),
  quirks: z
    .strictObject({
      file: z
        .string()
        .min(1)
        .optional()
        .describe("File with rules of your own for devices, applied behind the shipped ones."),
    })
    .prefault({})
    .describe("What is different for some makes of devices; see config/quirks.md."),
  log: z
    .strictObject({
      level: z
        .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
        .default("info")
        .describe("How much is said on stderr. No level shows contents, passwords or PINs."),
    })
    .prefault({})
    .describe("The log."),
});

/** The checked configuration. */
export type Config = z.output<typeof configSchema>;
type ConflictPolicy = z.output<typeof conflictPolicy>;

/**
 * Rules between settings.
 * @returns what is wrong in one sentence, or undefined
 */
export function contradiction(config: Config): string | undefined {
  const { host, tls, insecureHttp } = config.server;
  if (!isLoopback(host) && tls === undefined && !insecureHttp) {
    return `Plain HTTP on ${host} would send passwords in the clear: give --tls-cert and --tls-key, or --insecure-http to do it all the same.`;
  }
  if (config.limits.bodyBytes < config.sync.maxMsgSizeBytes) {
    return "limits.bodyBytes must not be smaller than sync.maxMsgSizeBytes.";
  }
  return undefined;
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/** @returns the policy of the first entry in `peers` that names user and device, else the user's, else the general one */
export function conflictPolicyOf(config: Config, user: string, deviceId: string): ConflictPolicy {
  const ofUser = config.peers.filter((each) => each.user === user);
  const entry =
    ofUser.find((each) => each.device === deviceId) ??
    ofUser.find((each) => each.device === undefined);
  return entry?.conflicts ?? config.sync.conflicts;
}

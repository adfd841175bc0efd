import type { PeerIdentity } from "../peer-tag.ts";

/** A server that a card is taken to, as its settings name it. */
export interface ServerSettings {
  readonly url: string;
  readonly user: string;
  /** The server's datastore. */
  readonly datastore: string;
}

/**
 * Who the server is to the card: its URL, the user there and the remote datastore, and nothing of this bridge, so that
 * another one with the same settings finds the card's objects again. Spellings that mean the same are one: scheme and
 * host in small letters, no default port, no slash at the end, no `./` before a datastore.
 */
export function serverIdentity(settings: ServerSettings): PeerIdentity {
  return {
    role: "client",
    user: settings.user,
    device: plainUrl(settings.url),
    datastore: settings.datastore.replace(/^\.?\/+/, ""),
  };
}

function plainUrl(url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/\/+$/, "")}${search}`;
}

/** Begins the names of servers among those of devices, which choose theirs themselves. */
const SERVER_MARK = "server ";

/** @returns the sides of the link with a server */
export function linkSides(settings: ServerSettings): {
  readonly user: string;
  readonly device: string;
  readonly peerUri: string;
} {
  const { user, device, datastore } = serverIdentity(settings);
  return { user, device: SERVER_MARK + device, peerUri: datastore };
}

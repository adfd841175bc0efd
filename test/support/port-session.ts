import type {
  Acknowledgement,
  Datastores,
  LocalDatastores,
  LocalChange,
  OutgoingChange,
  ServerOperation,
  SyncId,
  SyncType,
} from "../../syncml/index.ts";
import { PLAIN_TRAITS, toSessionToken } from "../../syncml/index.ts";

/** A server's side of {@link runSession}: its port, and what makes its answers durable. */
export interface PortServer {
  readonly datastores: Datastores;
  readonly save: (token: string) => Promise<void>;
}

export interface PortSession {
  readonly client: LocalDatastores;
  readonly server: PortServer;
  readonly syncType: SyncType;
  readonly token: string;
  readonly deviceId: string;
  /** Carries one message there and its answer back; throws where one of them is lost. */
  readonly carry: <T>(work: () => Promise<T>) => Promise<T>;
  /** Items' bytes in a message. */
  readonly maxBytes: number;
  /** Makes the server's answer to the Alert another one. */
  readonly bend?: (answered: SyncType) => SyncType;
}

/** What became of one session; `type` is what the server's Alert named, `last` what ours did. */
export interface SessionEnd {
  readonly verdict: "done" | "again" | "refused" | "lost";
  readonly type: SyncType;
  readonly last: string | undefined;
}

const NEVER = Number.MAX_SAFE_INTEGER;

/**
 * One session between our client port and our server port, in the order of packages 1 to 6 of OMA DS 1.2 and with
 * its messages as the places where it can break, but without their bytes.
 */
export async function runSession(session: PortSession): Promise<SessionEnd> {
  const { client, server } = session;
  const opened = await client.open({
    name: "contacts",
    remoteUri: "./contacts",
    syncType: session.syncType,
  });
  if (opened.type === "refused") throw new Error(opened.reason);
  const { syncId, anchor } = opened;
  await client.save();
  const alert = await session.carry(async () => {
    const answer = await server.datastores.open({
      session: toSessionToken(session.token),
      user: "me",
      deviceId: session.deviceId,
      version: "1.2",
      traits: PLAIN_TRAITS,
      uri: "./contacts",
      peerUri: "contacts",
      syncType: opened.syncType,
      anchor,
    });
    await server.save(session.token);
    return answer;
  });
  if (alert.type === "refused") throw new Error(String(alert.status));
  const syncType = session.bend?.(alert.syncType) ?? alert.syncType;
  const end = { type: syncType, last: anchor.last };
  const status = alert.isRefreshRequired ? 508 : 200;
  const verdict = await client.answered(syncId, { status, syncType, anchor: alert.anchor });
  await client.save();
  if (verdict.type !== "go")
    return { ...end, verdict: verdict.type === "again" ? "again" : "refused" };
  const isDone = await new PortExchange(session, syncId, alert.syncId).run();
  return { ...end, verdict: isDone ? "done" : "lost" };
}

/** What the server's message says: Statuses, whether Maps were taken, its changes. */
interface ServerMessage {
  readonly acknowledgements: readonly Acknowledgement[];
  readonly changes: readonly OutgoingChange[];
  readonly isFinal: boolean;
  /** The server awaits nothing and has committed. */
  readonly isCommitted: boolean;
}

class PortExchange {
  readonly #session: PortSession;
  readonly #ours: SyncId;
  readonly #theirs: SyncId;

  constructor(session: PortSession, ours: SyncId, theirs: SyncId) {
    this.#session = session;
    this.#ours = ours;
    this.#theirs = theirs;
  }

  /** @returns whether both sides committed */
  async run(): Promise<boolean> {
    const { client } = this.#session;
    if ((await client.prepare(this.#ours)) === undefined) return false;
    const answer = await this.#sendOurs();
    return answer !== undefined && (await this.#takeTheirs(answer));
  }

  /** Package 3, early Maps first. @returns the first message of package 4 */
  async #sendOurs(): Promise<ServerMessage | undefined> {
    const { client, maxBytes } = this.#session;
    for (;;) {
      const maps = await client.mapsToSend(this.#ours);
      const { changes, isDone } = await client.nextChanges(this.#ours, maxBytes, NEVER);
      await client.save();
      const answer = await this.#send(async ({ datastores }) => {
        await datastores.map(this.#theirs, maps);
        const acknowledgements = await this.#offer(datastores, changes);
        if (!isDone) return { acknowledgements, changes: [], isFinal: false, isCommitted: false };
        const plan = await datastores.endOfChanges(this.#theirs, NEVER);
        if (plan.type !== "planned") return undefined;
        return { acknowledgements, ...(await this.#next(datastores)) };
      });
      if (answer === undefined) return undefined;
      await client.mapsAcknowledged(this.#ours, maps);
      if (isDone) return answer;
      await client.acknowledge(this.#ours, answer.acknowledgements);
      await client.save();
    }
  }

  async #offer(
    datastores: Datastores,
    changes: readonly LocalChange[],
  ): Promise<readonly Acknowledgement[]> {
    const operations = changes.map(({ ref: _ref, ...operation }) => operation);
    const statuses = await datastores.apply(this.#theirs, operations, NEVER);
    return changes.map(({ ref }, at) => ({ ref, status: statuses[at] ?? 500 }));
  }

  async #next(
    datastores: Datastores,
  ): Promise<Pick<ServerMessage, "changes" | "isFinal" | "isCommitted">> {
    const { changes, isDone } = await datastores.nextChanges(
      this.#theirs,
      this.#session.maxBytes,
      NEVER,
    );
    const isCommitted = isDone && (await datastores.changesLeave(this.#theirs));
    return { changes, isFinal: isDone, isCommitted };
  }

  /** Packages 4 to 6. */
  async #takeTheirs(first: ServerMessage): Promise<boolean> {
    const { client } = this.#session;
    let message = first;
    for (;;) {
      await client.acknowledge(this.#ours, message.acknowledgements);
      const operations = message.changes.map(toServerOperation);
      const results = await client.apply(this.#ours, operations, NEVER);
      const statuses = message.changes.map(({ ref }, at) => ({
        ref,
        status: results[at]?.status ?? 500,
      }));
      const { isFinal, isCommitted: wasCommitted } = message;
      if (isFinal && !(await client.endOfServerChanges(this.#ours))) return false;
      const maps = await client.mapsToSend(this.#ours);
      await client.save();
      const answer = await this.#send(async ({ datastores }) => {
        await datastores.acknowledge(this.#theirs, statuses);
        await datastores.map(this.#theirs, maps);
        if (!isFinal) return { acknowledgements: [], ...(await this.#next(datastores)) };
        const isCommitted = wasCommitted || (await datastores.finish(this.#theirs));
        return isCommitted
          ? { acknowledgements: [], changes: [], isFinal, isCommitted }
          : undefined;
      });
      if (answer === undefined) return false;
      await client.mapsAcknowledged(this.#ours, maps);
      if (isFinal) return client.finish(this.#ours);
      message = answer;
    }
  }

  #send<T>(work: (server: PortServer) => Promise<T>): Promise<T> {
    const { server, token, carry } = this.#session;
    return carry(async () => {
      const answer = await work(server);
      await server.save(token);
      return answer;
    });
  }
}

/** A server names its items by LUIDs where it knows them, by its GUIDs in Adds. */
function toServerOperation({ ref: _ref, ...change }: OutgoingChange): ServerOperation {
  return change;
}

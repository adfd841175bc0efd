import { toSessionToken, type SessionStore, type StoredSession } from "../../syncml/index.ts";

/** Sessions in a Map; what a restart leaves. */
export class MemorySessions implements SessionStore {
  readonly rows = new Map<string, StoredSession>();

  load(token: string): Promise<StoredSession | undefined> {
    return Promise.resolve(this.rows.get(token));
  }

  find(deviceId: string, sessionId: string): Promise<StoredSession | undefined> {
    const all = [...this.rows.values()].reverse();
    return Promise.resolve(
      all.find((row) => row.deviceId === deviceId && row.sessionId === sessionId),
    );
  }

  save(session: StoredSession): Promise<void> {
    this.rows.delete(session.token);
    this.rows.set(session.token, { ...session, reply: Buffer.from(session.reply) });
    return Promise.resolve();
  }

  expire(before: number): Promise<readonly ReturnType<typeof toSessionToken>[]> {
    const old = [...this.rows.values()].filter(({ changedAtMs }) => changedAtMs < before);
    for (const { token } of old) this.rows.delete(token);
    return Promise.resolve(old.map(({ token }) => token));
  }
}

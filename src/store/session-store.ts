import type { Kysely, Selectable } from "kysely";
import { toSessionToken, type SessionStore, type StoredSession } from "../../syncml/index.ts";
import type { Cipher } from "./cipher.ts";
import type { SessionRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

/** What else has to become durable together with a session: its datastores' changes. */
export type FlushSession = (trx: Kysely<Tables>, token: string) => Promise<void>;

/** How long the last answer of an ended session is kept for a client that asks again; Nokia E51 waits 15 minutes. */
const KEEP_ENDED_MS = 20 * 60_000;

/** Sessions in SQLite. Answers and states hold items' contents and are sealed. */
export function createSessionStore(
  db: Kysely<Tables>,
  cipher: Cipher,
  flush: FlushSession,
): SessionStore {
  const toSession = (row: Selectable<SessionRow>): StoredSession => ({
    token: toSessionToken(row.token),
    deviceId: row.device_id,
    sessionId: row.session_id,
    lastMsgId: row.last_msg_id,
    lastRequestHash: row.last_request_hash,
    reply: cipher.open(row.reply, `sessions.reply/${row.token}`),
    replyContentType: row.reply_content_type,
    state: Buffer.from(cipher.open(row.state, `sessions.state/${row.token}`)).toString("utf8"),
    changedAtMs: row.changed_at_ms,
  });
  return {
    async load(token) {
      const row = await db
        .selectFrom("sessions")
        .selectAll()
        .where("token", "=", token)
        .executeTakeFirst();
      return row === undefined ? undefined : toSession(row);
    },
    async find(deviceId, sessionId) {
      const row = await db
        .selectFrom("sessions")
        .selectAll()
        .where("device_id", "=", deviceId)
        .where("session_id", "=", sessionId)
        .orderBy("changed_at_ms", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? undefined : toSession(row);
    },
    async save(session) {
      await db.transaction().execute(async (trx) => {
        await flush(trx, session.token);
        await trx.replaceInto("sessions").values(fromSession(session, cipher)).execute();
      });
    },
    async expire(before) {
      const rows = await db
        .selectFrom("sessions")
        .select("token")
        .where("changed_at_ms", "<", before)
        .where("has_ended", "=", 0)
        .execute();
      await db
        .updateTable("sessions")
        .set({ has_ended: 1 })
        .where("changed_at_ms", "<", before)
        .execute();
      await db
        .deleteFrom("sessions")
        .where("has_ended", "=", 1)
        .where("changed_at_ms", "<", before - KEEP_ENDED_MS)
        .execute();
      return rows.map((row) => toSessionToken(row.token));
    },
  };
}

function fromSession(session: StoredSession, cipher: Cipher): SessionRow {
  const { token } = session;
  const state = Buffer.from(session.state, "utf8");
  return {
    token,
    device_id: session.deviceId,
    session_id: session.sessionId,
    last_msg_id: session.lastMsgId,
    last_request_hash: session.lastRequestHash,
    reply: Buffer.from(cipher.seal(session.reply, `sessions.reply/${token}`)),
    reply_content_type: session.replyContentType,
    state: Buffer.from(cipher.seal(state, `sessions.state/${token}`)),
    has_ended: session.state === "" ? 1 : 0,
    changed_at_ms: session.changedAtMs,
  };
}

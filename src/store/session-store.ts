import type { Kysely, Selectable } from "kysely";
import {
  toSessionToken,
  type Instant,
  type SessionStore,
  type SessionToken,
  type StoredSession,
} from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import type { Cipher } from "./cipher.ts";
import type { SessionRow } from "./link-tables.ts";
import type { Tables } from "./schema.ts";

/** What else has to become durable together with a session: its datastores' changes. */
export type FlushSession = (trx: Kysely<Tables>, token: string) => Promise<void>;

/** Rows named in one statement. */
const MAX_NAMED = 1000;

/** Sessions in SQLite. Answers and states hold items' contents and are sealed. */
export function createSessionStore(
  db: Kysely<Tables>,
  cipher: Cipher,
  flush: FlushSession,
): SessionStore {
  return {
    async load(token) {
      const query = db.selectFrom("sessions").selectAll().where("token", "=", token);
      return toSession(await query.executeTakeFirst(), cipher);
    },
    async find(deviceId, sessionId) {
      const query = db
        .selectFrom("sessions")
        .selectAll()
        .where("device_id", "=", deviceId)
        .where("session_id", "=", sessionId)
        .orderBy("changed_at_ms", "desc")
        .limit(1);
      return toSession(await query.executeTakeFirst(), cipher);
    },
    async save(session) {
      await db.transaction().execute(async (trx) => {
        await flush(trx, session.token);
        await trx.replaceInto("sessions").values(fromSession(session, cipher)).execute();
      });
    },
    expire: (before) => expire(db, before),
  };
}

/** Marks quiet sessions as ended, and drops those whose last answer nobody can ask for any more. */
async function expire(db: Kysely<Tables>, before: Instant): Promise<readonly SessionToken[]> {
  const rows = await db
    .selectFrom("sessions")
    .select("token")
    .where("changed_at_ms", "<", before)
    .where("has_ended", "=", 0)
    .execute();
  const tokens = rows.map((row) => row.token);
  if (tokens.length > 0)
    await db
      .updateTable("sessions")
      .set({ has_ended: 1 })
      .where("token", "in", tokens.slice(0, MAX_NAMED))
      .execute();
  await db
    .deleteFrom("sessions")
    .where("has_ended", "=", 1)
    .where("changed_at_ms", "<", before - LIMITS.keepEndedMs)
    .execute();
  return tokens.map(toSessionToken);
}

const replyPlace = (token: string): string => `sessions.reply/${token}`;
const statePlace = (token: string): string => `sessions.state/${token}`;

function toSession(
  row: Selectable<SessionRow> | undefined,
  cipher: Cipher,
): StoredSession | undefined {
  if (row === undefined) return undefined;
  const state = cipher.open(row.state, statePlace(row.token));
  return {
    token: toSessionToken(row.token),
    deviceId: row.device_id,
    sessionId: row.session_id,
    lastMsgId: row.last_msg_id,
    lastRequestHash: row.last_request_hash,
    reply: cipher.open(row.reply, replyPlace(row.token)),
    replyContentType: row.reply_content_type,
    ...(row.reply_hmac === null ? {} : { replyHmac: row.reply_hmac }),
    state: Buffer.from(state).toString("utf8"),
    changedAtMs: row.changed_at_ms,
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
    reply: Buffer.from(cipher.seal(session.reply, replyPlace(token))),
    reply_content_type: session.replyContentType,
    reply_hmac: session.replyHmac ?? null,
    state: Buffer.from(cipher.seal(state, statePlace(token))),
    has_ended: session.state === "" ? 1 : 0,
    changed_at_ms: session.changedAtMs,
  };
}

import { randomBytes } from "node:crypto";
import {
  createSyncServer,
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  encodeMessage,
  type Command,
  type Message,
  type SyncServer,
} from "../../syncml/index.ts";
import { MemorySessions } from "../support/memory-sessions.ts";
import {
  alert,
  answersTo,
  CRED,
  fakeAccounts,
  FakeDatastores,
  fakeDevices,
  sync,
} from "../support/session-driver.ts";

const URL = "http://server/syncml";
const TYPE = "application/vnd.syncml+wbxml";

/** The sessions of the service by themselves: messages in and out, without HTTP, store or card. */
export class CoreServer {
  readonly #server: SyncServer;

  constructor(maxSessions: number) {
    this.#server = createSyncServer(
      {
        datastores: new FakeDatastores({ card: {} }),
        sessions: new MemorySessions(),
        accounts: fakeAccounts(),
        devices: fakeDevices(),
        clock: { now: () => Date.now() },
        random: (length) => randomBytes(length),
      },
      {
        maxMsgSizeBytes: 64 * 1024,
        maxObjSizeBytes: 1024 * 1024,
        maxSessions,
        sessionTimeoutMs: 3_600_000,
        devId: "bench",
        man: "m",
        mod: "m",
        swV: "1",
      },
    );
  }

  /** Package 1 of a device. @returns package 2 */
  open(device: string): Promise<Message> {
    return this.#send(device, { msgId: 1, commands: [alert(200, "card", "theirs-0")] });
  }

  /** A whole session without changes, of three messages. */
  async run(device: string): Promise<void> {
    let reply = await this.open(device);
    for (const [at, more] of [[sync()], []].entries())
      reply = await this.#send(device, {
        msgId: at + 2,
        commands: [...answersTo(reply), ...more],
        url: reply.header.respUri ?? URL,
      });
  }

  async #send(
    device: string,
    { msgId, commands, url = URL }: { msgId: number; commands: readonly Command[]; url?: string },
  ): Promise<Message> {
    const ends = { target: { locUri: URL }, source: { locUri: device } };
    const numbered = commands.map((each, at) => ({ ...each, cmdId: String(at + 1) }));
    const header = { sessionId: "1", msgId, ...ends, cred: CRED };
    const message = { version: "1.2", header, commands: numbered, isFinal: true } as const;
    const token = url.split("?s=")[1];
    const answer = await this.#server.handle({
      bytes: encodeMessage(message, "wbxml"),
      contentType: TYPE,
      baseUrl: URL,
      remoteAddress: "10.0.0.1",
      ...(token === undefined ? {} : { token }),
    });
    if (answer.httpStatus !== 200) throw new Error(`HTTP ${String(answer.httpStatus)}`);
    return decodeMessage(answer.bytes, TYPE, DEFAULT_DECODE_LIMITS).message;
  }
}

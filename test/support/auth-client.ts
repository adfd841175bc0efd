import { md5Digest, md5DigestOf10, md5Secret } from "../../syncml/auth/credentials.ts";
import { formatHmacHeader, hmacOf, parseHmacHeader } from "../../syncml/auth/hmac.ts";
import {
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  encodeMessage,
  type Chal,
  type Command,
  type Cred,
  type Encoding,
  type Message,
  type StatusCommand,
  type SyncmlVersion,
} from "../../syncml/index.ts";
import { statusesOf } from "./session-driver.ts";

/** One request as the transport has it, and what came back. */
export interface Wire {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly url: string;
  readonly hmac?: string;
}
export interface WireAnswer {
  readonly httpStatus: number;
  readonly bytes: Uint8Array;
  readonly hmac?: string;
}

export interface AuthClientOptions {
  readonly exchange: (wire: Wire) => Promise<WireAnswer>;
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly auth: "basic" | "md5" | "hmac";
  readonly deviceId?: string;
  readonly version?: SyncmlVersion;
  readonly encoding?: Encoding;
}

/** What a client demands of the server: its name and password as they are set here, and by which type. */
export interface Demand {
  readonly type: "basic" | "md5" | "hmac";
  readonly name: string;
  readonly password: string;
}

/** A client that shows who it is in each way there is, keeps its nonces, and may ask the server who it is. */
export class AuthClient {
  readonly wires: Wire[] = [];
  readonly answers: WireAnswer[] = [];
  nonce = new Uint8Array();
  /** The commands that came in the last answer. */
  reply: Message | undefined;
  demand: Demand | undefined;
  /** The nonce for the server's next message. */
  serverNonce = Buffer.from("first");
  readonly #options: AuthClientOptions;
  #url: string;
  #sessionId = 0;
  #msgId = 0;
  #isLetIn = false;

  constructor(options: AuthClientOptions) {
    this.#options = options;
    this.#url = options.url;
  }

  /** Begins anew, as a client does that starts another sync. */
  begin(): this {
    this.#sessionId += 1;
    this.#msgId = 0;
    this.#url = this.#options.url;
    this.#isLetIn = false;
    return this;
  }

  /** Sends a message and takes what the answer says of nonces. @returns the answer's Statuses as text */
  async send(commands: readonly Command[]): Promise<readonly string[]> {
    const wire = this.#wire(commands);
    this.wires.push(wire);
    return this.take(await this.#options.exchange(wire));
  }

  /** Sends once more where it is challenged. */
  async sendTrying(commands: readonly Command[]): Promise<readonly string[]> {
    const statuses = await this.send(commands);
    return /^SyncHdr 40[17]/.test(statuses[0] ?? "") ? this.send(commands) : statuses;
  }

  /** @throws Error where nothing came yet */
  last(): Message {
    if (this.reply === undefined) throw new Error("no answer yet");
    return this.reply;
  }

  take(answer: WireAnswer): readonly string[] {
    this.answers.push(answer);
    if (answer.httpStatus !== 200) return [`HTTP ${String(answer.httpStatus)}`];
    const { message } = decodeMessage(answer.bytes, undefined, DEFAULT_DECODE_LIMITS);
    this.reply = message;
    this.#url = message.header.respUri ?? this.#url;
    const [header] = message.commands;
    if (header?.type === "status") {
      if (header.code === 212) this.#isLetIn = true;
      const nonce = header.chal?.meta.nextNonce;
      if (nonce !== undefined) this.nonce = Buffer.from(nonce, "base64");
    }
    return statusesOf(message);
  }

  /**
   * Whether the last answer shows who the server is.
   * @returns undefined where the answer has no credentials at all
   */
  isServerRight(): boolean | undefined {
    const { demand } = this;
    const answer = this.answers.at(-1);
    if (demand === undefined || answer === undefined) return undefined;
    if (demand.type === "hmac") return this.#isMacRight(demand, answer);
    const data = this.reply?.header.cred?.data;
    return data?.type === "text" ? data.text === this.#wanted(demand) : undefined;
  }

  #isMacRight({ name, password }: Demand, { hmac, bytes }: WireAnswer): boolean | undefined {
    const said = hmac === undefined ? undefined : parseHmacHeader(hmac);
    if (said === undefined) return undefined;
    const mac = hmacOf(md5Secret(name, password), this.serverNonce, bytes);
    return said.user === name && said.mac === mac;
  }

  #wanted({ type, name, password }: Demand): string {
    if (type === "basic") return Buffer.from(`${name}:${password}`).toString("base64");
    return this.#options.version === "1.0"
      ? md5DigestOf10(name, password, this.serverNonce)
      : md5Digest(md5Secret(name, password), this.serverNonce);
  }

  /** Our Status for the server's header, with a challenge where one is due. */
  headerStatus(code: number, chal?: Chal): StatusCommand {
    return {
      type: "status",
      cmdId: "1",
      msgRef: String(this.reply?.header.msgId ?? 0),
      cmdRef: "0",
      cmd: "SyncHdr",
      targetRefs: [],
      sourceRefs: [],
      ...(chal === undefined ? {} : { chal }),
      code,
      items: [],
    };
  }

  #wire(commands: readonly Command[]): Wire {
    const { user, password, auth, deviceId = "phone", version = "1.2" } = this.#options;
    const { encoding = "xml", url } = this.#options;
    const cred = this.#isLetIn ? undefined : this.#cred();
    const header: Message["header"] = {
      sessionId: String(this.#sessionId),
      msgId: ++this.#msgId,
      target: { locUri: url },
      source: { locUri: deviceId, locName: user },
      ...(cred === undefined ? {} : { cred }),
    };
    const numbered = commands.map((each) => (each.cmdId === "0" ? { ...each, cmdId: "99" } : each));
    const message = { version, header, commands: numbered, isFinal: true };
    const bytes = encodeMessage(message, encoding);
    const mac = hmacOf(md5Secret(user, password), this.nonce, bytes);
    const hmac = auth === "hmac" ? { hmac: formatHmacHeader({ user, mac }) } : {};
    return { bytes, contentType: `application/vnd.syncml+${encoding}`, url: this.#url, ...hmac };
  }

  #cred(): Cred | undefined {
    const { user, password, auth, version } = this.#options;
    if (auth === "hmac") return undefined;
    const text =
      auth === "basic"
        ? Buffer.from(`${user}:${password}`).toString("base64")
        : version === "1.0"
          ? md5DigestOf10(user, password, this.nonce)
          : md5Digest(md5Secret(user, password), this.nonce);
    return { meta: { type: `syncml:auth-${auth}`, format: "b64" }, data: { type: "text", text } };
  }
}

import {
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  encodeMessage,
  type Command,
  type Message,
} from "../../syncml/index.ts";
import type { Exchange } from "./scripted-client.ts";
import { answersTo, CRED, nextMessage } from "./session-driver.ts";

const ENDS = { target: { locUri: "./contacts" }, source: { locUri: "./pb" } };

export interface HandPhoneOptions {
  readonly exchange: Exchange;
  readonly url: string;
  readonly deviceId?: string;
  readonly maxMsgSize?: number;
}

/** A phone whose every message a test writes by hand; it only counts, addresses and remembers. */
export class HandPhone {
  /** GUIDs that the service has sent as Add, in order, each as often as it came whole. */
  readonly received: string[] = [];
  readonly #options: HandPhoneOptions;
  #sessionId = 0;
  #msgId = 0;
  #cmdId = 0;
  #url: string;
  #reply: Message | undefined;

  constructor(options: HandPhoneOptions) {
    this.#options = options;
    this.#url = options.url;
  }

  /** A new session. @param more what the first message says besides @returns the service's package 2 */
  begin(
    code: number,
    anchor: { readonly last?: string; readonly next?: string },
    more: readonly Command[] = [],
  ): Promise<Message> {
    this.#sessionId += 1;
    this.#msgId = 0;
    this.#url = this.#options.url;
    this.#reply = undefined;
    const items = [{ ...ENDS, meta: { anchor } }];
    return this.send([{ type: "alert", cmdId: "", code, items }, ...more]);
  }

  /** Answers what came last with 200, or with what `codes` has for a GUID, and says what is given besides. */
  async send(
    commands: readonly Command[],
    isFinal = true,
    codes: Readonly<Record<string, number>> = {},
  ): Promise<Message> {
    const answers = this.#reply === undefined ? [] : answersTo(this.#reply, codes);
    const numbered = [...answers, ...commands].map((each) => this.#numbered(each));
    const bytes = encodeMessage(this.#message(numbered, isFinal), "xml");
    const type = "application/vnd.syncml+xml";
    const answer = await this.#options.exchange(bytes, type, this.#url);
    if (answer.httpStatus !== 200) throw new Error(`HTTP ${String(answer.httpStatus)}`);
    const reply = decodeMessage(answer.bytes, type, DEFAULT_DECODE_LIMITS).message;
    this.#url = reply.header.respUri ?? this.#url;
    this.#reply = reply;
    this.received.push(...wholeAdds(reply));
    return reply;
  }

  /** Fetches the rest of the service's package. */
  async fetchRest(): Promise<void> {
    while (this.#reply?.isFinal === false) await this.send([nextMessage], false);
  }

  suspend(): Promise<Message> {
    const device = { target: { locUri: "/" }, source: { locUri: "phone" } };
    return this.send([{ type: "alert", cmdId: "", code: 224, items: [device] }]);
  }

  /** Says under which LUIDs it keeps what it has received, and so ends the session. */
  end(): Promise<Message> {
    return this.send(this.maps(this.received));
  }

  maps(guids: readonly string[]): Command[] {
    if (guids.length === 0) return [];
    const mapItems = guids.map((guid) => ({
      target: { locUri: guid },
      source: { locUri: `luid-${guid}` },
    }));
    return [{ type: "map", cmdId: "", ...ENDS, mapItems }];
  }

  #numbered(command: Command): Command {
    const cmdId = String(++this.#cmdId);
    if (command.type !== "sync") return { ...command, cmdId };
    return { ...command, ...ENDS, cmdId, commands: command.commands.map((c) => this.#numbered(c)) };
  }

  #message(commands: readonly Command[], isFinal: boolean): Message {
    const { url, deviceId = "hand", maxMsgSize = 100_000 } = this.#options;
    const sessionId = String(this.#sessionId);
    const ends = { target: { locUri: url }, source: { locUri: deviceId, locName: "me" } };
    const meta = { maxMsgSize, maxObjSize: 4_000_000 };
    const header = { sessionId, msgId: ++this.#msgId, ...ends, cred: CRED, meta };
    return { version: "1.2", header, commands, isFinal };
  }
}

const wholeAdds = ({ commands }: Message): readonly string[] =>
  commands
    .flatMap((command) => (command.type === "sync" ? command.commands : []))
    .flatMap((command) => (command.type === "add" ? command.items : []))
    .flatMap(({ source, moreData }) => (moreData === true ? [] : (source?.locUri ?? [])));

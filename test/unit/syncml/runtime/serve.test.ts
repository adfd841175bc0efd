import { describe, expect, it } from "vitest";
import {
  createSyncServer,
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  encodeMessage,
  type Command,
  type Encoding,
  type Message,
  type ServeAnswer,
  type ServerPorts,
  type SyncServer,
} from "../../../../syncml/index.ts";
import { MemorySessions } from "../../../support/memory-sessions.ts";
import {
  alert,
  change,
  CRED,
  fakeAccounts,
  FakeDatastores,
  fakeDevices,
  statusesOf,
  sync,
  WRONG_CRED,
} from "../../../support/session-driver.ts";

const URL = "http://server/syncml";

interface Peer {
  readonly device?: string;
  readonly sessionId?: string;
  readonly address?: string;
  readonly cred?: Message["header"]["cred"];
  readonly url?: string;
  readonly contentType?: string;
}

class World {
  readonly datastores = new FakeDatastores({ card: {} });
  readonly sessions = new MemorySessions();
  readonly encoding: Encoding;
  nowMs = 1_000_000;
  offered = 0;
  server: SyncServer;
  #tokens = 0;

  constructor(encoding: Encoding = "xml") {
    this.encoding = encoding;
    this.server = this.restarted();
  }

  restarted(): SyncServer {
    const { datastores, sessions } = this;
    const ports: ServerPorts = {
      datastores,
      sessions,
      accounts: {
        ...fakeAccounts(),
        offerNonce: (_device, fresh) => {
          this.offered += 1;
          return Promise.resolve(fresh);
        },
      },
      devices: fakeDevices(),
      clock: { now: () => this.nowMs },
      random: (n) => new Uint8Array(n).fill(++this.#tokens),
    };
    const limits = { maxMsgSizeBytes: 20_000, maxObjSizeBytes: 90_000, maxRequestBytes: 50_000 };
    const identity = { devId: "d", man: "m", mod: "m", swV: "1" };
    const sessionLimits = { maxSessions: 2, sessionTimeoutMs: 60_000 };
    this.server = createSyncServer(ports, { ...limits, ...identity, ...sessionLimits });
    return this.server;
  }

  bytes(msgId: number, commands: readonly Command[], peer: Peer = {}): Uint8Array {
    const { device = "phone", sessionId = "1" } = peer;
    const cred = "cred" in peer ? peer.cred : msgId === 1 ? CRED : undefined;
    const ends = { target: { locUri: URL }, source: { locUri: device } };
    const header = { sessionId, msgId, ...ends, ...(cred === undefined ? {} : { cred }) };
    return encodeMessage({ version: "1.2", header, commands, isFinal: true }, this.encoding);
  }

  post(bytes: Uint8Array, peer: Peer = {}): Promise<ServeAnswer> {
    const token = peer.url?.split("?s=")[1];
    const contentType = peer.contentType ?? `application/vnd.syncml+${this.encoding}`;
    const remoteAddress = peer.address ?? "10.0.0.1";
    const where = { baseUrl: URL, remoteAddress, ...(token === undefined ? {} : { token }) };
    return this.server.handle({ bytes, contentType, ...where });
  }

  async send(msgId: number, commands: readonly Command[], peer: Peer = {}): Promise<Message> {
    return toMessage(await this.post(this.bytes(msgId, commands, peer), peer));
  }

  get opened(): number {
    return this.datastores.calls.filter((call) => call.startsWith("open")).length;
  }
}

const same = (one: ServeAnswer, other: ServeAnswer): boolean =>
  Buffer.compare(one.bytes, other.bytes) === 0;

const toMessage = ({ bytes, contentType }: ServeAnswer): Message =>
  decodeMessage(bytes, contentType, DEFAULT_DECODE_LIMITS).message;

const header = (message: Message): string => statusesOf(message)[0] ?? "";

describe.each(["xml", "wbxml"] as const)("in %s", (encoding) => {
  it("a session goes on under its RespURI", async () => {
    const world = new World(encoding);
    const first = await world.send(1, [alert(200)]);
    const url = first.header.respUri ?? "";
    expect(url).toMatch(/\?s=[\w-]{22}$/);
    const second = await world.send(2, [sync([change("add", "1")])], { url });
    expect(statusesOf(second)).toEqual(["SyncHdr 200", "Sync 200 card ./pb", "Add 200 1"]);
    expect(second.header).toMatchObject({ sessionId: "1", msgId: 2 });
  });

  it("a session whose syncs are gone with a restart has no answer, so that no client takes them for done", async () => {
    const world = new World(encoding);
    const first = await world.send(1, [alert(200)]);
    const url = first.header.respUri ?? "";
    world.restarted();
    const bytes = world.bytes(2, [sync([change("add", "1")])], { url });
    for (let tries = 0; tries < 2; tries += 1)
      expect((await world.post(bytes, { url })).httpStatus).toBe(404);
    expect(world.datastores.operations).toEqual([]);
  });

  it("a resend has the same bytes, at once, after a restart and after the end", async () => {
    const world = new World(encoding);
    const bytes = world.bytes(1, [alert(200)]);
    const [first, twin] = await Promise.all([world.post(bytes), world.post(bytes)]);
    expect(same(twin, first)).toBe(true);
    world.restarted();
    expect(same(await world.post(bytes), first)).toBe(true);
    const url = toMessage(first).header.respUri ?? "";
    const end = world.bytes(2, [{ ...alert(224) }]);
    const last = await world.post(end, { url });
    expect(same(await world.post(end, { url }), last)).toBe(true);
    expect(world.opened).toBe(1);
    expect((await world.post(world.bytes(3, []), { url })).httpStatus).toBe(404);
  });
});

describe("whose message it is", () => {
  it("the same MsgID in other bytes: under the token a resend, without it a new session", async () => {
    const world = new World();
    const url = (await world.send(1, [alert(200)])).header.respUri ?? "";
    const second = await world.post(world.bytes(2, [sync()]), { url });
    const other = await world.post(world.bytes(2, [sync([change("add", "9")])]), { url });
    expect(same(other, second)).toBe(true);
    const anew = await world.send(1, [alert(201)]);
    expect(header(anew)).toBe("SyncHdr 212");
    expect(anew.header.respUri).not.toBe(url);
  });

  it("a MsgID below the last begins a session, which needs credentials", async () => {
    const world = new World();
    const url = (await world.send(1, [alert(200)])).header.respUri ?? "";
    await world.send(5, [sync()], { url });
    expect(header(await world.send(3, [sync()], { url }))).toBe("SyncHdr 407");
  });

  it("clients that ignore RespURI are known by device and SessionID, from the same address", async () => {
    const world = new World();
    await world.send(1, [alert(200)]);
    expect(header(await world.send(2, [sync()], { address: "6.6.6.6" }))).toBe("SyncHdr 407");
    expect(header(await world.send(2, [sync()], { device: "other" }))).toBe("SyncHdr 407");
    expect(header(await world.send(2, [sync()], { sessionId: "2" }))).toBe("SyncHdr 407");
    expect(header(await world.send(2, [sync()]))).toBe("SyncHdr 200");
  });

  it("a token is good for its device only, and no other opens anything", async () => {
    const world = new World();
    const url = (await world.send(1, [alert(200)])).header.respUri ?? "";
    const stranger = { url, device: "other" };
    expect((await world.post(world.bytes(2, [sync()], stranger), stranger)).httpStatus).toBe(404);
    const unknown = { url: `${URL}?s=AAAA` };
    expect((await world.post(world.bytes(2, [sync()]), unknown)).httpStatus).toBe(404);
  });

  it("a device that begins anew gives its old session up", async () => {
    const world = new World();
    await world.send(1, [alert(200)]);
    await world.send(1, [alert(200)], { sessionId: "2" });
    expect(world.datastores.calls).toContain("abandon card: the device began a new session");
  });

  it("the try after a challenge belongs to the session, also with MsgID 1", async () => {
    const world = new World();
    const wrong = await world.send(1, [alert(200)], { cred: WRONG_CRED });
    expect(header(wrong)).toBe("SyncHdr 401");
    expect(world.sessions.rows.size).toBe(0);
    const right = await world.send(1, [alert(200)]);
    expect([header(right), right.header.msgId]).toEqual(["SyncHdr 212", 2]);
  });
});

describe("limits", () => {
  it("strangers never shut anybody out; 503 where all places are taken", async () => {
    const world = new World();
    for (let at = 0; at < 20; at++)
      await world.send(1, [], { device: `stranger-${String(at)}`, cred: undefined });
    await world.send(1, [alert(200)], { device: "a" });
    await world.send(1, [alert(200)], { device: "b" });
    expect((await world.post(world.bytes(1, [], { device: "c" }))).httpStatus).toBe(503);
  });

  it.each([{ device: "d".repeat(1025) }, { sessionId: "1".repeat(1025) }])(
    "a device id or SessionID that is too long: 413, and no nonce is kept",
    async (peer) => {
      const world = new World();
      const answer = await world.post(world.bytes(1, [alert(200)], { ...peer, cred: undefined }));
      expect(answer.httpStatus).toBe(413);
      expect(world.offered).toBe(0);
    },
  );

  it("a quiet session is given up, its last answer is kept for a while", async () => {
    const world = new World();
    const bytes = world.bytes(1, [alert(200)]);
    const first = await world.post(bytes);
    world.nowMs += 50_000;
    await world.server.sweep();
    expect(world.datastores.calls).toHaveLength(1);
    world.nowMs += 20_000;
    await world.server.sweep();
    expect(world.datastores.calls.at(-1)).toBe("abandon card: the session timed out");
    expect(same(await world.post(bytes), first)).toBe(true);
    world.nowMs += 3_600_000;
    await world.server.sweep();
    expect(world.sessions.rows.size).toBe(0);
  });

  it.each([
    ["no SyncML", Buffer.from("<a/>"), "application/vnd.syncml+xml", 400],
    ["cut off", Buffer.from("<SyncML><SyncHdr>"), "application/vnd.syncml+xml", 400],
    ["too large", Buffer.alloc(50_001, 32), "application/vnd.syncml+xml", 413],
    ["another type", Buffer.from("{}"), "application/json", 415],
  ])("%s: HTTP %s", async (_name, bytes, contentType, status) => {
    expect((await new World().post(bytes, { contentType })).httpStatus).toBe(status);
  });

  it("a failing service says 500 and gives up what it has just opened", async () => {
    const world = new World();
    world.datastores.apply = () => Promise.reject(new Error("the disk is gone"));
    const both = [alert(200), sync([change("add", "1")])];
    expect((await world.post(world.bytes(1, both))).httpStatus).toBe(500);
    expect(world.datastores.calls).toContain("abandon card: the service failed");
    await world.server.idle();
  });
});

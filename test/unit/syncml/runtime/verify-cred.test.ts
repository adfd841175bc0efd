import { describe, expect, it } from "vitest";
import { md5Digest, md5DigestOf10, md5Secret } from "../../../../syncml/auth/credentials.ts";
import { hmacOf } from "../../../../syncml/auth/hmac.ts";
import type { AuthScheme } from "../../../../syncml/auth/schemes.ts";
import { verifyCred, type CredRequest } from "../../../../syncml/runtime/verify-cred.ts";
import type { Cred } from "../../../../syncml/model/message.ts";
import type { CredResult } from "../../../../syncml/session/effects.ts";
import { MemoryAccounts, PASSWORD, USER } from "../../../support/memory-accounts.ts";

const SECRET = md5Secret(USER, PASSWORD);
const BODY = Buffer.from("<SyncML></SyncML>");

const md5 = (text: string): Cred => ({
  meta: { type: "syncml:auth-md5", format: "b64" },
  data: { type: "text", text },
});
const basic = (password: string): Cred => ({
  data: { type: "text", text: Buffer.from(`${USER}:${password}`).toString("base64") },
});

/** One device; every nonce that is made has the number of its round. */
class Door {
  readonly accounts: MemoryAccounts;
  address = "10.0.0.1";
  #round = 0;

  constructor(schemes?: readonly AuthScheme[]) {
    this.accounts = new MemoryAccounts(schemes);
  }

  knock(request: Partial<CredRequest> = {}, mac?: string): Promise<CredResult> {
    const random = (n: number): Uint8Array => new Uint8Array(n).fill(++this.#round);
    const hmac = mac === undefined ? {} : { hmac: { user: USER, mac } };
    return verifyCred(
      { deviceId: "phone", name: USER, version: "1.2", failures: 0, ...request },
      { accounts: this.accounts, random },
      { remoteAddress: this.address, body: BODY, ...hmac },
    );
  }

  /** The nonce that whoever is not let in is told. */
  async asked(): Promise<Uint8Array> {
    const { chal } = await this.knock();
    return nonceIn(chal?.meta.nextNonce);
  }

  async withNonce(nonce: Uint8Array): Promise<string> {
    return (await this.knock({ cred: md5(md5Digest(SECRET, nonce)) })).type;
  }
}

const nonceIn = (text = ""): Uint8Array => Buffer.from(text, "base64");

it("SyncEvolution 2.0.0: no nonce has a zero byte, where a C string would end", async () => {
  const accounts = new MemoryAccounts();
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(7).fill(0, 3, 5);
  const request = { deviceId: "phone", version: "1.2", failures: 0 } as const;
  const origin = { remoteAddress: "", body: BODY };
  const { chal } = await verifyCred(request, { accounts, random }, origin);
  expect([...nonceIn(chal?.meta.nextNonce)]).toEqual([
    7,
    7,
    7,
    1,
    1,
    ...Array.from({ length: 11 }, () => 7),
  ]);
});

describe("nonces", () => {
  it("a challenge changes nothing: strangers cannot make a device's nonce stale", async () => {
    const door = new Door();
    const nonce = await door.asked();
    for (let each = 0; each < 5; each += 1) expect(await door.asked()).toEqual(nonce);
    await door.knock({ cred: md5("AAAAAAAAAAAAAAAAAAAAAA==") });
    expect(await door.withNonce(nonce)).toBe("accepted");
  });

  it("one that was used is good once more, since an answer may have been lost", async () => {
    const door = new Door();
    const nonce = await door.asked();
    expect(await door.withNonce(nonce)).toBe("accepted");
    expect(await door.withNonce(nonce)).toBe("accepted");
    expect(await door.withNonce(nonce)).toBe("rejected");
  });

  it("threat 8: not from elsewhere, and not once the session has gone on", async () => {
    const door = new Door();
    const nonce = await door.asked();
    await door.withNonce(nonce);
    door.address = "6.6.6.6";
    expect(await door.withNonce(nonce)).toBe("rejected");
    door.address = "10.0.0.1";
    await door.accounts.confirmNonce("phone");
    expect(await door.withNonce(nonce)).toBe("rejected");
  });

  it("threat 8: of digests with one nonce at the same time one is let in", async () => {
    const door = new Door();
    const nonce = await door.asked();
    const both = await Promise.all(
      ["10.0.0.1", "10.0.0.2"].map((address) => {
        door.address = address;
        return door.withNonce(nonce);
      }),
    );
    expect(both).toEqual(["accepted", "rejected"]);
  });
});

describe("schemes", () => {
  const wrong = md5("AAAAAAAAAAAAAAAAAAAAAA==");
  it.each([
    [["basic", "md5"], "1.2", 0, undefined, "syncml:auth-md5"],
    [["basic", "md5"], "1.2", 0, wrong, "syncml:auth-md5"],
    [["basic", "md5"], "1.2", 1, wrong, "syncml:auth-basic"],
    [["basic", "md5"], "1.2", 1, basic("guess"), "syncml:auth-basic"],
    [["basic", "md5"], "1.0", 0, undefined, "syncml:auth-basic"],
    [["basic", "md5"], "1.0", 0, wrong, "syncml:auth-basic"],
    [["basic", "md5-1.0"], "1.0", 0, undefined, "syncml:auth-md5"],
    [["md5"], "1.0", 0, undefined, "syncml:auth-md5"],
    [["md5"], "1.2", 2, wrong, "syncml:auth-md5"],
    [["md5"], "1.2", 0, basic(PASSWORD), "syncml:auth-md5"],
    [["basic"], "1.2", 0, wrong, "syncml:auth-basic"],
    [["hmac"], "1.2", 0, undefined, "syncml:auth-MAC"],
    [["hmac", "md5"], "1.2", 0, undefined, "syncml:auth-md5"],
    [["hmac"], "1.2", 0, basic(PASSWORD), "syncml:auth-MAC"],
  ] as const)("%j in %s after %i failures", async (...row) => {
    const [schemes, version, failures, cred, type] = row;
    const given = cred === undefined ? {} : { cred };
    const answer = await new Door(schemes).knock({ version, failures, ...given });
    expect(answer).toMatchObject({ type: "rejected", isMissing: cred === undefined });
    expect(answer.chal?.meta.type).toBe(type);
  });

  it("an unknown user is asked for the same as one with the schemes of every new user", async () => {
    const one = await new Door().knock({ name: "nobody", cred: wrong });
    expect(one).toEqual(await new Door().knock({ cred: wrong }));
  });

  it("1.0's own digest opens to a user with md5-1.0 alone, and in 1.0 alone", async () => {
    const knock = async (
      schemes: readonly AuthScheme[],
      version: "1.0" | "1.1",
    ): Promise<string> => {
      const door = new Door(schemes);
      const cred = md5(md5DigestOf10(USER, PASSWORD, await door.asked()));
      return (await door.knock({ version, cred })).type;
    };
    // Each asks in 1.2 before, where only these users are given a nonce.
    expect(await knock(["md5", "md5-1.0"], "1.0")).toBe("accepted");
    expect(await knock(["md5", "md5-1.0"], "1.1")).toBe("rejected");
    expect(await knock(["md5"], "1.0")).toBe("rejected");
  });

  it("1.1's digest opens in 1.0, too", async () => {
    const door = new Door(["md5"]);
    const cred = md5(md5Digest(SECRET, await door.asked()));
    expect(await door.knock({ version: "1.0", cred })).toMatchObject({ type: "accepted" });
  });

  it("a client that leaves its name out is taken for the only user", async () => {
    const door = new Door();
    const cred = md5(md5Digest(SECRET, await door.asked()));
    const { accounts, address: remoteAddress } = door;
    const request = { deviceId: "phone", version: "1.2", failures: 0, cred } as const;
    const random = (n: number): Uint8Array => new Uint8Array(n).fill(9);
    const answer = await verifyCred(request, { accounts, random }, { remoteAddress, body: BODY });
    expect(answer).toMatchObject({ type: "accepted", user: USER });
  });
});

describe("HMAC", () => {
  it("holds for one message; the next needs the next nonce", async () => {
    const door = new Door(["hmac"]);
    const nonce = await door.asked();
    const first = await door.knock({}, hmacOf(SECRET, nonce, BODY));
    expect(first).toMatchObject({ type: "accepted", holds: "message" });
    const next = nonceIn(first.chal?.meta.nextNonce);
    expect(await door.knock({ bound: USER }, hmacOf(SECRET, next, BODY))).toMatchObject({
      type: "accepted",
    });
    expect(await door.knock({ bound: USER }, hmacOf(SECRET, nonce, BODY))).toMatchObject({
      type: "rejected",
      isMissing: false,
    });
  });

  it("of another body, of a user without it, or none at all opens nothing", async () => {
    const door = new Door(["hmac"]);
    const nonce = await door.asked();
    const other = hmacOf(SECRET, nonce, Buffer.from("<SyncML> </SyncML>"));
    expect((await door.knock({}, other)).type).toBe("rejected");
    expect((await door.knock({ bound: USER })).type).toBe("rejected");
    const basicToo = { bound: USER, cred: basic(PASSWORD) };
    expect(await door.knock(basicToo)).toMatchObject({ type: "rejected", isMissing: true });
    const without = new Door(["md5"]);
    const right = hmacOf(SECRET, await without.asked(), BODY);
    expect((await without.knock({}, right)).type).toBe("rejected");
  });

  it("nobody goes on with another's session", async () => {
    const door = new Door(["hmac"]);
    const mac = hmacOf(SECRET, await door.asked(), BODY);
    expect((await door.knock({ bound: "eve" }, mac)).type).toBe("rejected");
  });
});

it("every check is told to who slows guessing, as it was admitted", async () => {
  const door = new Door();
  await door.knock();
  await door.knock({ cred: basic("guess") });
  await door.knock({ cred: basic(PASSWORD) });
  expect(door.accounts.attempts).toEqual(["Bruce2 on phone is wrong", "Bruce2 on phone is right"]);
});

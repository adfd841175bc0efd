import { expect, it } from "vitest";
import { md5Digest } from "../../../../syncml/auth/credentials.ts";
import { verifyCred } from "../../../../syncml/runtime/verify-cred.ts";
import type { Accounts } from "../../../../syncml/session/ports.ts";

const FIRST = { version: "1.2", failures: 0 } as const;
const SECRET = "Zz6EivR3yeaaENcRN6lpAQ==";

/** One user and one device, in memory. */
function accountsOfAda(): Accounts {
  let nonces: { readonly current?: Uint8Array; readonly previous?: Uint8Array } = {};
  return {
    checkPassword: () => Promise.resolve(false),
    md5Secret: (user) => Promise.resolve(user === "ada" ? SECRET : undefined),
    names: () => Promise.resolve(["ada"]),
    nonces: () => Promise.resolve(nonces),
    rotateNonce(_, next) {
      const { current } = nonces;
      nonces = { current: next, ...(current === undefined ? {} : { previous: current }) };
      return Promise.resolve();
    },
  };
}

it("SyncEvolution 2.0.0: no nonce has a zero byte, where a C string would end", async () => {
  const accounts = accountsOfAda();
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(7).fill(0, 3, 5);
  const asked = await verifyCred({ ...FIRST, deviceId: "phone" }, accounts, random);
  const nonce = Buffer.from(asked.chal?.meta.nextNonce ?? "", "base64");
  expect([...nonce]).toEqual([7, 7, 7, 1, 1, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);

  const data = { type: "text", text: md5Digest(SECRET, nonce) } as const;
  const cred = { meta: { type: "syncml:auth-md5", format: "b64" }, data };
  const request = { ...FIRST, deviceId: "phone", name: "ada", cred };
  const answer = await verifyCred(request, accounts, random);
  expect(answer).toMatchObject({ type: "accepted", user: "ada" });
});

it.each([
  ["1.2", 0, "syncml:auth-md5"],
  ["1.2", 1, "syncml:auth-basic"],
  ["1.0", 0, "syncml:auth-basic"],
] as const)("a wrong digest in %s after %i failures is challenged by %s", async (...row) => {
  const [version, failures, type] = row;
  const data = { type: "text", text: "AAAAAAAAAAAAAAAAAAAAAA==" } as const;
  const cred = { meta: { type: "syncml:auth-md5" }, data };
  const request = { deviceId: "phone", name: "ada", cred, version, failures };
  const answer = await verifyCred(request, accountsOfAda(), (n) => new Uint8Array(n).fill(7));
  expect(answer).toMatchObject({ type: "rejected", isMissing: false, chal: { meta: { type } } });
});

it("the nonce before is good once more, since an answer may have been lost", async () => {
  const accounts = accountsOfAda();
  let round = 0;
  const random = (n: number): Uint8Array => new Uint8Array(n).fill(++round);
  const ask = async (nonce: Uint8Array): Promise<string> => {
    const data = { type: "text", text: md5Digest(SECRET, nonce) } as const;
    const cred = { meta: { type: "syncml:auth-md5" }, data };
    return (await verifyCred({ ...FIRST, deviceId: "phone", name: "ada", cred }, accounts, random))
      .type;
  };
  await verifyCred({ ...FIRST, deviceId: "phone" }, accounts, random);
  const first = new Uint8Array(16).fill(1);
  expect(await ask(first)).toBe("accepted");
  expect(await ask(first)).toBe("accepted");
  expect(await ask(first)).toBe("rejected");
});

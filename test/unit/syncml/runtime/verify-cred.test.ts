import { expect, it } from "vitest";
import { md5Digest } from "../../../../syncml/auth/credentials.ts";
import { verifyCred } from "../../../../syncml/runtime/verify-cred.ts";
import type { Accounts } from "../../../../syncml/session/ports.ts";

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
  const asked = await verifyCred({ deviceId: "phone" }, accounts, random);
  const nonce = Buffer.from(asked.chal?.meta.nextNonce ?? "", "base64");
  expect([...nonce]).toEqual([7, 7, 7, 1, 1, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);

  const data = { type: "text", text: md5Digest(SECRET, nonce) } as const;
  const cred = { meta: { type: "syncml:auth-md5", format: "b64" }, data };
  const answer = await verifyCred({ deviceId: "phone", name: "ada", cred }, accounts, random);
  expect(answer).toMatchObject({ type: "accepted", user: "ada" });
});

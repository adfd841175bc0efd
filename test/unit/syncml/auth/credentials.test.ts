import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  authTypeOf,
  isSameDigest,
  md5Digest,
  md5DigestOf10,
  md5Secret,
  ownCred,
  readCredentials,
} from "../../../../syncml/auth/credentials.ts";

/** SyncML Representation Protocol 1.1, "Cred": Bruce2, OhBehave, nonce "Nonce" (the printed "bruce1" is an erratum). */
const SECRET = "PtEdr8lBQ45IbT1bZIkrOQ==";
const DIGEST = "Zz6EivR3yeaaENcRN6lpAQ==";

describe("MD5", () => {
  it("of Bruce2 and OhBehave", () => {
    const secret = md5Secret("Bruce2", "OhBehave");
    expect(secret).toBe(SECRET);
    expect(md5Digest(secret, Buffer.from("Tm9uY2U=", "base64"))).toBe(DIGEST);
    expect(md5DigestOf10("Bruce2", "OhBehave", Buffer.from("Nonce"))).toBe(
      "UmkqAAZhiQvXXhfaf/u+OQ==",
    );
  });

  it("has a nonce of octets, zeros and all", () => {
    const nonce = Uint8Array.of(0, 255, 0);
    const whole = Buffer.concat([Buffer.from(`${SECRET}:`), nonce]);
    expect(md5Digest(SECRET, nonce)).toBe(createHash("md5").update(whole).digest("base64"));
  });

  it("is read from text and, in WBXML, from its 16 bytes", () => {
    const meta = { type: "syncml:auth-md5" };
    const text = { type: "text", text: ` ${DIGEST}\n` } as const;
    expect(readCredentials({ meta, data: text })).toEqual({ type: "md5", digest: DIGEST });
    const bytes = { type: "bytes", bytes: Buffer.from(DIGEST, "base64") } as const;
    expect(readCredentials({ meta, data: bytes })).toEqual({ type: "md5", digest: DIGEST });
    const short = { type: "bytes", bytes: Buffer.alloc(15) } as const;
    expect(readCredentials({ meta, data: short })).toEqual({ type: "unknown" });
  });

  it("digests are equal or not", () => {
    expect(isSameDigest(DIGEST, DIGEST)).toBe(true);
    expect(isSameDigest(DIGEST, SECRET)).toBe(false);
    expect(isSameDigest(DIGEST, "")).toBe(false);
  });
});

describe("basic", () => {
  it.each([
    ["QnJ1Y2UyOk9oQmVoYXZl", { type: "basic", user: "Bruce2", password: "OhBehave" }],
    ["YTpiOmM=", { type: "basic", user: "a", password: "b:c" }],
    ["YQ==", { type: "unknown" }],
    ["", { type: "unknown" }],
  ])("%s", (text, expected) => {
    const data = { type: "text", text } as const;
    expect(readCredentials({ data })).toEqual(expected);
    expect(readCredentials({ meta: { type: "syncml:auth-basic" }, data })).toEqual(expected);
  });

  it("nothing else is known", () => {
    const data = { type: "text", text: "QnJ1Y2UyOk9oQmVoYXZl" } as const;
    expect(readCredentials({ meta: { type: "syncml:auth-MAC" }, data }).type).toBe("unknown");
  });
});

it.each([
  ["syncml:auth-basic", "basic"],
  ["syncml:auth-md5", "md5"],
  ["syncml:auth-MAC", "hmac"],
  ["SYNCML:AUTH-MD5 ", "md5"],
  ["syncml:auth-x509", undefined],
  ["", undefined],
])("the type %s is %s", (name, type) => {
  expect(authTypeOf(name)).toBe(type);
});

describe("our own credentials", () => {
  const own = { name: "Bruce2", password: "OhBehave" };
  const nonce = Buffer.from("Nonce");
  it.each([
    ["basic", "1.2", "QnJ1Y2UyOk9oQmVoYXZl"],
    ["md5", "1.1", DIGEST],
    ["md5", "1.2", DIGEST],
    ["md5", "1.0", "UmkqAAZhiQvXXhfaf/u+OQ=="],
  ] as const)("%s in %s", (type, version, text) => {
    const cred = ownCred(type, own, { version, nonce });
    expect(cred.data).toEqual({ type: "text", text });
    expect(cred.meta).toEqual({ type: `syncml:auth-${type}`, format: "b64" });
  });
});

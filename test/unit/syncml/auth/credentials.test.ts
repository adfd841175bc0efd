import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isSameDigest, md5Digest, readCredentials } from "../../../../syncml/auth/credentials.ts";

/** SyncML Representation Protocol 1.1, "Cred": Bruce2, OhBehave, nonce "Nonce" (the printed "bruce1" is an erratum). */
const SECRET = "PtEdr8lBQ45IbT1bZIkrOQ==";
const DIGEST = "Zz6EivR3yeaaENcRN6lpAQ==";

describe("MD5", () => {
  it("of Bruce2 and OhBehave", () => {
    const secret = createHash("md5").update("Bruce2:OhBehave").digest("base64");
    expect(secret).toBe(SECRET);
    expect(md5Digest(secret, Buffer.from("Tm9uY2U=", "base64"))).toBe(DIGEST);
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

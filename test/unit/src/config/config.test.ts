import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultDataDir } from "../../../../src/config/data-dir.ts";
import { configJsonSchema } from "../../../../src/config/json-schema.ts";
import { type ConfigSources, type LoadedConfig, loadConfig } from "../../../../src/config/load.ts";
import { nearestName } from "../../../../src/config/nearest-name.ts";
import { conflictPolicyOf, configSchema } from "../../../../src/config/schema.ts";

const ROOT = resolve(import.meta.dirname, "../../../..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-config-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const load = (sources: Partial<ConfigSources> = {}): LoadedConfig =>
  loadConfig({ environment: {}, dataDir: folder, flags: [], ...sources });

const loadText = (text: string): LoadedConfig => {
  writeFileSync(join(folder, "config.yaml"), text);
  return load();
};

const port = (value: unknown): ConfigSources["flags"] => [
  { path: ["server", "port"], value, origin: "--port" },
];

describe("loadConfig", () => {
  it("has a default for everything", () => {
    expect(load().config).toEqual(configSchema.parse({}));
    expect(loadText("").config).toEqual(configSchema.parse({}));
    expect(loadText("server:\nsync: {}\n").config.server.port).toBe(8080);
  });

  it("takes flags before the environment before the file before defaults", () => {
    writeFileSync(join(folder, "config.yaml"), "server: { port: 1, host: localhost }");
    const environment = { CARDSYNC_SERVER__PORT: "2" };
    expect(load().config.server).toMatchObject({ port: 1, host: "localhost" });
    expect(load({ environment }).config.server).toMatchObject({ port: 2, host: "localhost" });
    expect(load({ environment, flags: port(3) }).config.server.port).toBe(3);
  });

  it("reads every kind of value from the environment", () => {
    const environment = {
      CARDSYNC_SERVER__INSECURE_HTTP: "true",
      CARDSYNC_SERVER__TRUST_PROXY: "[loopback]",
      CARDSYNC_SERVER__TLS__CERT: "a.pem",
      CARDSYNC_SERVER__TLS__KEY: "b.pem",
      CARDSYNC_LOG__LEVEL: "debug",
      CARDSYNC_E2E: "1",
      PATH: "/bin",
    };
    expect(load({ environment }).config).toMatchObject({
      server: {
        insecureHttp: true,
        trustProxy: ["loopback"],
        tls: { cert: "a.pem", key: "b.pem" },
      },
      log: { level: "debug" },
    });
  });

  it("hands on where the key may come from", () => {
    expect(load().keySources).toEqual({});
    const environment = { CARDSYNC_KEY: "k", CARDSYNC_KEY_FILE: "f", CREDENTIALS_DIRECTORY: "d" };
    expect(load({ environment }).keySources).toEqual({
      key: "k",
      keyFile: "f",
      credentialsDirectory: "d",
    });
  });
});

describe("what is wrong is named", () => {
  const wrong = (text: string, message: RegExp): void => {
    expect(() => loadText(text)).toThrow(message);
    expect(() => loadText(text)).toThrow(
      expect.objectContaining({ code: "BRIDGE_CONFIG" }) as Error,
    );
  };

  it.each([
    ["server:\n  prot: 1\n", /server\.prot \(.*config\.yaml:2\).*did you mean port\?/],
    ["sever: {}\n", /sever \(.*:1\).*did you mean server\?/],
    ["xyzzy: 1\n", /xyzzy .*there is no such setting\.$/],
    ["\nserver:\n  port: many\n", /server\.port \(.*:3\).*number/],
    ["server: { port: 65536 }\n", /server\.port/],
    ["peers:\n  - user: me\n    conflict: newest\n", /did you mean conflicts\?/],
    ["server: [1]\n", /server/],
    ["- a\n", /the file/],
    ["just text", /the file/],
    ["a: b: c\n", /is not YAML.*line 1/s],
    ["server: { port: 1 }\nserver: { port: 2 }\n", /unique/],
    ["__proto__: { port: 1 }\n", /there is no such setting/],
    ["dataDir: /x\n", /--data/],
    ["limits: { bodyBytes: 20000 }\n", /bodyBytes must not be smaller/],
    ["server: { tls: { cert: a } }\n", /server\.tls\.key/],
  ])("%j", (text, message) => {
    wrong(text, message);
  });

  it("in flags and the environment", () => {
    expect(() => load({ flags: port("x") })).toThrow(/server\.port \(--port\)/);
    expect(() => load({ environment: { CARDSYNC_SERVER__PROT: "1" } })).toThrow(
      /did you mean CARDSYNC_SERVER__PORT\?/,
    );
    expect(() => load({ environment: { CARDSYNC_SERVER__PORT: "x" } })).toThrow(
      /CARDSYNC_SERVER__PORT/,
    );
    expect(() => load({ configFile: join(folder, "none.yaml") })).toThrow(/cannot be read/);
  });

  it("where plain HTTP would leave the machine", () => {
    const hosts = ["127.0.0.1", "127.1.2.3", "localhost", "::1"];
    for (const host of hosts) loadText(`server: { host: "${host}" }`);
    for (const host of ["0.0.0.0", "::", "192.168.1.1", "127.evil.example"]) {
      wrong(`server: { host: "${host}" }`, /--insecure-http/);
      loadText(`server: { host: "${host}", insecureHttp: true }`);
      loadText(`server: { host: "${host}", tls: { cert: a, key: b } }`);
    }
  });
});

describe("the data folder", () => {
  it("follows XDG", () => {
    expect(defaultDataDir({ XDG_DATA_HOME: "/srv/data" })).toBe("/srv/data/cardsync");
    const home = join(homedir(), ".local/share/cardsync");
    expect(defaultDataDir({})).toBe(home);
    expect(defaultDataDir({ XDG_DATA_HOME: "relative" })).toBe(home);
  });

  it("is --data before CARDSYNC_DATA before the named file before the default", () => {
    const configFile = join(folder, "other.yaml");
    writeFileSync(configFile, "dataDir: /from/file");
    const environment = { CARDSYNC_DATA: "/from/env", XDG_DATA_HOME: "/from/xdg" };
    const named = { configFile, flags: [] };
    expect(loadConfig({ ...named, environment, dataDir: "/a" }).dataDir).toBe("/a");
    expect(loadConfig({ ...named, environment }).dataDir).toBe("/from/env");
    expect(loadConfig({ ...named, environment: {} }).dataDir).toBe("/from/file");
    expect(loadConfig({ environment: { XDG_DATA_HOME: folder }, flags: [] }).dataDir).toBe(
      join(folder, "cardsync"),
    );
    expect(loadConfig({ environment: { CARDSYNC_CONFIG: configFile }, flags: [] }).dataDir).toBe(
      "/from/file",
    );
  });
});

describe("conflictPolicyOf", () => {
  it("takes the device's entry before the user's before the general one", () => {
    const config = configSchema.parse({
      sync: { conflicts: "server-wins" },
      peers: [
        { user: "ada", conflicts: "newest" },
        { user: "ada", device: "phone", conflicts: "client-wins" },
      ],
    });
    expect(conflictPolicyOf(config, "ada", "phone")).toBe("client-wins");
    expect(conflictPolicyOf(config, "ada", "other")).toBe("newest");
    expect(conflictPolicyOf(config, "bob", "phone")).toBe("server-wins");
  });
});

describe("nearestName", () => {
  it("finds slips of the finger and nothing far-fetched", () => {
    expect(nearestName("hots", ["host", "port"])).toBe("host");
    expect(nearestName("PORT", ["host", "port"])).toBe("port");
    expect(nearestName("colour", ["host", "port"])).toBeUndefined();
    expect(nearestName("x".repeat(100), ["host"])).toBeUndefined();
    expect(nearestName("host", [])).toBeUndefined();
  });
});

describe("what is shipped", () => {
  it("has the schema of this version (npx cardsync config schema > config/cardsync.schema.json)", () => {
    const shipped: unknown = JSON.parse(
      readFileSync(join(ROOT, "config/cardsync.schema.json"), "utf8"),
    );
    expect(shipped).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it("has an example that says the defaults, and whose commented parts are valid", () => {
    const text = readFileSync(join(ROOT, "config/cardsync.example.yaml"), "utf8");
    expect(configSchema.parse(parse(text))).toEqual(configSchema.parse({}));
    const enabled = text
      .replace(/^(peers|  trustProxy): \[\]\n/gm, "")
      .replace(/^(\s*)# ((?:\w+:|  +\w+:|  - ).*)$/gm, "$1$2");
    const parsed = configSchema.parse(parse(enabled));
    expect(parsed.peers).toHaveLength(2);
    expect(parsed.server.tls).toBeDefined();
    expect(parsed.dataDir).toBeDefined();
  });
});

import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OperationError } from "../../../../src/control/failure.ts";
import type { Operations } from "../../../../src/control/operations.ts";
import { isServiceListening, remoteOperations } from "../../../../src/control/socket-client.ts";
import { type ControlSocket, openControlSocket } from "../../../../src/control/socket-server.ts";
import { signal } from "../../../support/signal.ts";
import { BridgeError } from "../../../../src/errors.ts";

let folder: string;
let socket: ControlSocket | undefined;
let asked: unknown[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-socket-"));
  asked = [];
  socket = undefined;
});
afterEach(async () => {
  await socket?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A service of which only some operations are ever asked for. */
const service = (operations: Partial<Operations>): Operations => operations as Operations;

const users: Operations = service({
  userAdd(args) {
    asked.push(args);
    return Promise.resolve(null);
  },
  userList: () =>
    Promise.resolve([
      { name: "Ädä", auth: ["basic", "md5"] as const, devices: ["phone\n1"], createdAtMs: 1 },
    ]),
  userRemove: ({ name }) =>
    Promise.reject(new BridgeError("BRIDGE_NOT_FOUND", `There is no user "${name}".`)),
  links: () => Promise.reject(new Error("unexpected")),
});

const send = async (line: string): Promise<string> => {
  const client = connect({ path: join(folder, "control.sock"), allowHalfOpen: true });
  client.end(line);
  return text(client);
};

describe("the control socket", () => {
  it("is its owner's only, and is gone when it is closed", async () => {
    socket = await openControlSocket(folder, users);
    expect(statSync(join(folder, "control.sock")).mode & 0o777).toBe(0o600);
    expect(await isServiceListening(folder)).toBe(true);
    await socket.close();
    socket = undefined;
    expect(await isServiceListening(folder)).toBe(false);
  });

  it("carries arguments, results and many callers", async () => {
    socket = await openControlSocket(folder, users);
    const remote = remoteOperations(folder);
    const ada = { name: "ada", password: "pä ss\n", auth: ["basic"] };
    expect(await remote.userAdd(ada)).toBeNull();
    expect(asked).toEqual([ada]);
    const lists = await Promise.all(Array.from({ length: 20 }, () => remote.userList({})));
    for (const list of lists) expect(list[0]).toMatchObject({ name: "Ädä", devices: ["phone\n1"] });
  });

  it("carries a megabyte of files both ways", async () => {
    const base64 = Buffer.alloc(1_000_000, 7).toString("base64");
    socket = await openControlSocket(
      folder,
      service({
        itemsImport: ({ files }) =>
          Promise.resolve({ imported: files.length, problems: [files[0]?.base64 ?? ""] }),
      }),
    );
    const files = [{ name: "a.vcf", base64 }];
    const result = await remoteOperations(folder).itemsImport({ database: "contacts", files });
    expect(result).toEqual({ imported: 1, problems: [base64] });
  });

  it("carries failures as sentence and exit code", async () => {
    socket = await openControlSocket(folder, users);
    const remote = remoteOperations(folder);
    const refused = await remote.userRemove({ name: "bob" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(OperationError);
    expect((refused as OperationError).failure).toEqual({
      message: 'There is no user "bob".',
      exitCode: 1,
    });
    await expect(remote.links({})).rejects.toThrow(/unexpected/);
  });

  it.each([
    "nonsense\n",
    '{"operation":"userAdd"',
    '{"operation":"constructor","arguments":{}}\n',
    '{"operation":"userAdd","arguments":{"name":1}}\n',
    '{"operation":"userList","arguments":{"more":1}}\n',
    "",
  ])("refuses %j and goes on", async (line) => {
    socket = await openControlSocket(folder, users);
    const answer = JSON.parse(await send(line)) as { failure?: { exitCode: number } };
    expect(answer.failure?.exitCode).toBe(2);
    expect(asked).toEqual([]);
    expect(await remoteOperations(folder).userList({})).toHaveLength(1);
  });

  it("ends running operations before it closes, and hangs up on who says nothing", async () => {
    const [started, start] = signal();
    const [released, release] = signal();
    socket = await openControlSocket(
      folder,
      service({
        async userList() {
          start();
          await released;
          return [];
        },
      }),
    );
    const silent = connect(join(folder, "control.sock"));
    const hungUp = new Promise((resolve) => silent.once("close", resolve));
    const answer = remoteOperations(folder).userList({});
    await started;
    const closed = socket.close();
    socket = undefined;
    await hungUp;
    release();
    expect(await answer).toEqual([]);
    await closed;
  });

  it("tells of progress, and stops what its caller does not want any more", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const operations = service({
      async userList(_, { progress, signal: stop } = {}) {
        signals.push(stop);
        progress?.("half");
        await new Promise((resolve) => stop?.addEventListener("abort", resolve));
        progress?.("stopping");
        return [];
      },
    });
    socket = await openControlSocket(folder, operations);
    const said: string[] = [];
    const stop = new AbortController();
    const progress = (text: string): void => {
      said.push(text);
      stop.abort();
    };
    const remote = remoteOperations(folder);
    expect(await remote.userList({}, { progress, signal: stop.signal })).toEqual([]);
    expect(said).toEqual(["half", "stopping"]);
    const gone = connect(join(folder, "control.sock"));
    gone.write('{"operation":"userList","arguments":{}}\n');
    await vi.waitFor(() => {
      expect(signals).toHaveLength(2);
    });
    gone.destroy();
    await vi.waitFor(() => {
      expect(signals[1]?.aborted).toBe(true);
    });
    const last = remote.userList({});
    await vi.waitFor(() => {
      expect(signals).toHaveLength(3);
    });
    await socket.close();
    socket = undefined;
    expect(await last).toEqual([]);
  });

  it("takes the place of a dead one's socket", async () => {
    writeFileSync(join(folder, "control.sock"), "");
    socket = await openControlSocket(folder, users);
    expect(await remoteOperations(folder).userList({})).toHaveLength(1);
  });

  it("works in a folder whose path is longer than a socket's may be", async () => {
    const deep = join(folder, "a".repeat(90), "b".repeat(90));
    mkdirSync(deep, { recursive: true });
    socket = await openControlSocket(deep, users);
    expect(await remoteOperations(deep).userList({})).toHaveLength(1);
    expect(await remoteOperations(deep).userList({})).toHaveLength(1);
    await socket.close();
    socket = undefined;
    expect(await isServiceListening(deep)).toBe(false);
  });

  it("says so where no service answers", async () => {
    await expect(remoteOperations(folder).userList({})).rejects.toMatchObject({
      code: "BRIDGE_BUSY",
    });
  });
});

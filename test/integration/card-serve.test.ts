import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PimCard } from "../../card/index.ts";
import { listenOnFreePort, type ListeningBench } from "../support/card/vpcd.ts";
import { cardsync, type Finished, serve, temporaryFolder } from "../support/cli.ts";

let folder: ReturnType<typeof temporaryFolder>;
let pocket: string;
let stop: () => void;
let served: Promise<Finished> | undefined;
beforeEach(() => {
  folder = temporaryFolder();
  pocket = join(folder.path, "pocket");
  served = undefined;
});
afterEach(async () => {
  stop();
  await served;
  folder.remove();
});

/** `cardsync card serve`, until {@link stop}. */
function serveCard(port: number, ...args: readonly string[]): Promise<Finished> {
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const where = ["--port", String(port), "--data", pocket];
  return (served = cardsync(["card", "serve", ...args, ...where], { stop: stopped }));
}

const pin = (): string =>
  /^PIN (.+)$/m.exec(readFileSync(join(pocket, "cards/card-1.pin"), "utf8"))?.[1] ?? "";

const inserted = ({ told }: ListeningBench): Promise<unknown> =>
  told(({ type }) => type === "cardInserted");

describe("a virtual card that is served to a virtual reader", () => {
  it("is made where there is none, answers there, and is taken out when the command stops", async () => {
    const bench = await listenOnFreePort();
    const done = serveCard(bench.readers.port);
    await inserted(bench);
    const card = await PimCard.open(await bench.readers.connect("vpcd:1"));
    expect(await card.verify(pin())).toEqual({ type: "verified" });
    expect((await card.databases())[0]?.label).toBe("card-1");
    await card.close();
    stop();
    expect(await done).toMatchObject({ code: 0, stderr: "" });
    await bench.told(({ type }) => type === "cardRemoved");
    await bench.readers.close();
  });

  it("cannot be used at two places at once", async () => {
    const bench = await listenOnFreePort();
    void serveCard(bench.readers.port);
    await inserted(bench);
    const again = await cardsync(["card", "serve", "--data", pocket]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain("a card can only be in one place");
    await bench.readers.close();
  });

  it("waits for its reader, and says so once", async () => {
    const done = serveCard(1);
    await vi.waitFor(() => {
      expect(pin()).not.toBe("");
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    stop();
    const { code, stderr } = await done;
    expect(code).toBe(0);
    expect(stderr).toBe("cardsync: there is no reader at 127.0.0.1:1; trying again\n");
  });

  it("must be one that the folder has", async () => {
    const { code, stderr } = await serveCard(1, "card-7");
    expect(code).toBe(2);
    expect(stderr).toContain("Which card is meant?");
  });
});

describe(
  "the service, with a socket for virtual cards instead of PC/SC",
  { timeout: 60_000 },
  () => {
    it("takes the card that dials in, and its PIN at run time", async () => {
      const port = await freePort();
      const data = join(folder.path, "data");
      mkdirSync(data);
      const config = `card:\n  virtual: false\n  pcsc: false\n  vpcd:\n    port: ${String(port)}\n`;
      writeFileSync(join(data, "config.yaml"), config);
      const service = await serve(data);
      const run = (args: readonly string[], stdin = ""): Promise<Finished> =>
        cardsync([...args, "--data", data], { stdin });
      expect((await run(["card", "info"])).code).toBe(5);
      void serveCard(port);
      await vi.waitFor(async () => {
        expect((await run(["card", "list"])).stdout).toContain("locked, 3 tries left");
      });
      const locked = await run(["card", "info"]);
      expect(locked.code).toBe(6);
      const wrong = await run(["card", "unlock", "--pin-stdin"], "0000\n");
      expect(wrong).toMatchObject({
        code: 6,
        stderr: "cardsync: The PIN is wrong. Tries left: 2.\n",
      });
      const right = await run(["card", "unlock", "--pin-stdin"], `${pin()}\n`);
      expect(right.stdout).toMatch(/^[0-9a-f]{16} {2}card-1\n$/);
      expect((await run(["card", "info"])).stdout).toContain("card-1");
      stop();
      await vi.waitFor(async () => {
        expect((await run(["card", "list"])).stdout).toMatch(/vpcd:1 +vpcd +empty/);
      });
      expect(await service.stop()).toBe(0);
      expect(service.stderr()).not.toContain(pin());
    });
  },
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

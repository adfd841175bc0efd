import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { createVirtualCard, openVirtualCard } from "../../../card/index.ts";
import { createBench } from "../../support/card/virtual.ts";
import { describeApduVectors } from "./apdu-vectors.ts";
import { describeTransport } from "./transport.ts";

const folder = await mkdtemp(join(tmpdir(), "cardsync-vectors-"));
afterAll(() => rm(folder, { recursive: true }));
let serial = 0;

describeApduVectors("the virtual card in memory", () => Promise.resolve(createBench().transport));

const createInFile = async () => {
  const path = join(folder, `${String(serial++)}.card`);
  await createVirtualCard(path, { sizeKb: 64, pin: "1234", puk: "12345678" });
  return openVirtualCard(path);
};
describeApduVectors("the virtual card in a file", createInFile);
describeTransport("the virtual card in a file", createInFile);

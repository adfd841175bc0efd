import { expect, onTestFinished, test } from "vitest";
import { openPcsc } from "../../card/index.ts";
import { CHILD } from "../../card/transport/pcsc/pcsc-child.ts";
import { lacksPcsc, missingPcsc, startPcscd } from "../support/card/pcscd.ts";
import { ReaderLog } from "../support/card/reader-log.ts";
import { CONTACTS, createBench, login, text } from "../support/card/virtual.ts";
import { VpcdCard } from "../support/card/vpcd-card.ts";

const title = ["a card in a reader of pcscd is opened and written", ...missingPcsc()];

test.skipIf(lacksPcsc)(title.join(", no "), async () => {
  const pcscd = await startPcscd();
  onTestFinished(() => pcscd.stop());
  const log = new ReaderLog();
  const readers = openPcsc({
    listener: log.listener,
    env: { ...process.env, ...pcscd.env },
    // The sources, which this process runs in another way.
    program: { path: CHILD.path, execArgv: ["--import", "tsx"] },
  });
  onTestFinished(() => readers.close());
  const card = new VpcdCard(createBench().transport);
  onTestFinished(() => card.remove());
  const [port = 0] = pcscd.ports;
  const [reader = ""] = pcscd.readers;
  card.insert(port);
  await log.inserted(reader);
  const client = await login({ transport: await readers.connect(reader) });
  expect(await client.create(CONTACTS, text("hello"))).toMatchObject({ type: "written" });
  await card.remove();
  await log.seen("cardRemoved");
});

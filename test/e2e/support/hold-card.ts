import { openPcsc, PimCard } from "../../../card/index.ts";
import { ReaderLog } from "../../support/card/reader-log.ts";

/** Opens the card in the reader of argv[2] and holds it until it is killed. Run from the sources, as is its child. */
const reader = process.argv[2] ?? "";
const log = new ReaderLog();
const readers = openPcsc({ listener: log.listener });
await log.inserted(reader);
const card = await PimCard.open(await readers.connect(reader));
await card.verify("1234");
process.stdout.write("held\n");

import { describe, it } from "vitest";
import {
  expectInStep,
  expectNoChanges,
  expectSuccess,
  expectSync,
} from "../e2e/support/expectations.ts";
import { contact } from "../e2e/support/samples.ts";
import { SOURCES } from "../e2e/support/service.ts";
import { missingPrograms } from "../e2e/support/sync-evolution.ts";
import { World } from "../e2e/support/world.ts";

const missing = missingPrograms();
const isRequired = process.env["CARDSYNC_E2E"] === "1";
const needs = missing.length === 0 ? "" : ` (missing: ${missing.join(", ")})`;

if (missing.length > 0)
  process.stderr.write(`SyncEvolution smoke test skipped: ${missing.join(", ")} not installed\n`);

/** The shortest of what `npm run e2e` does in full: the service as a process, the real client, both encodings. */
describe.skipIf(missing.length > 0 && !isRequired)(`a real SyncML client${needs}`, () => {
  it.each(["enableWBXML=0", "enableWBXML=1"])(
    "synchronizes contacts, also after kill -9, %s",
    { timeout: 180_000 },
    async (encoding) => {
      const world = await World.create({ program: SOURCES });
      const phone = await world.client({ settings: ["SyncMLVersion=1.2", encoding] });
      await world.importItems("contacts", contact("Anna"), contact("Berta"));
      for (const name of ["Berta", "Carla"]) phone.put(name, contact(name));
      expectSuccess(await phone.sync());
      await expectInStep(world, phone, ["Anna", "Berta", "Carla"]);
      await world.service.crashAndRestart();
      phone.edit("FN:Carla", (card) => card.replace("+49 30 1234", "+1 222"));
      await world.importItems("contacts", contact("Dora"));
      await expectSync(world, await phone.sync(), {
        type: "two-way",
        toCard: { changed: 1 },
        toClient: { added: 1 },
      });
      await expectInStep(world, phone, ["Anna", "Berta", "Carla", "Dora"]);
      await expectNoChanges(world, phone);
    },
  );
});

import { describe, expect, it } from "vitest";
import { expectInStep, expectNoChanges, expectSuccess } from "./support/expectations.ts";
import { phoneAndTabletInStep } from "./support/in-step.ts";

const newTel = (tel: string) => (card: string) => card.replace("+49 30 1234", tel);

describe("the same contact changed on both sides, by policy:", () => {
  it.each([
    { policy: "server-wins", winner: "+1 111", loser: "+1 222" },
    { policy: "client-wins", winner: "+1 222", loser: "+1 111" },
  ])("$policy", async ({ policy, winner, loser }) => {
    const settings = { CARDSYNC_SYNC__CONFLICTS: policy };
    const { world, phone, tablet } = await phoneAndTabletInStep(
      ["Anna", "Berta"],
      {},
      { settings },
    );
    tablet.edit("FN:Anna", newTel("+1 111"));
    phone.edit("FN:Anna", newTel("+1 222"));
    for (const each of [tablet, phone, tablet]) expectSuccess(await each.sync());
    for (const each of [tablet, phone]) {
      await expectInStep(world, each, ["Anna", "Berta"]);
      expect(each.find("FN:Anna")[1]).toContain(winner);
      expect(each.find("FN:Anna")[1]).not.toContain(loser);
      await expectNoChanges(world, each);
    }
  });
});

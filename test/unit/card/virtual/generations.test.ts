import { expect, test } from "vitest";
import { CONTACTS, createBench, login, peer, settle, text } from "../../../support/card/virtual.ts";

const P = peer(1);

test("a pending generation keeps the tombstones that its next list must hold", async () => {
  const bench = createBench();
  const card = await login(bench);
  const made = await card.create(CONTACTS, text("x"));
  const { proposed } = await card.startSync(CONTACTS, P, { mayEvict: false });
  await card.prepareSync(CONTACTS, proposed);
  await card.abortSync(CONTACTS);
  if (made.type === "written") await card.delete(CONTACTS, made.id);
  await settle(card, peer(2));
  await settle(card, peer(2));
  await card.startSync(CONTACTS, P, { mayEvict: false });
  await card.commitSync(CONTACTS, proposed);
  expect(await card.listChanges(CONTACTS, proposed)).toMatchObject({
    changes: [{ kind: "deleted" }],
  });
});

test("after COMMIT of the pending object the open sync starts from it", async () => {
  const card = await login(createBench());
  const first = await settle(card, P);
  await settle(card, P);
  const { proposed: pending } = await card.startSync(CONTACTS, P, { mayEvict: false });
  await card.prepareSync(CONTACTS, pending);
  const { proposed } = await card.startSync(CONTACTS, P, { mayEvict: false });
  await card.listChanges(CONTACTS, first);
  expect(await card.commitSync(CONTACTS, pending)).toEqual({ type: "committed" });
  await card.commitSync(CONTACTS, proposed);
  const last = await card.startSync(CONTACTS, P, { mayEvict: false });
  expect(last).toMatchObject({ current: proposed, previous: pending });
});

test("a CSN that only a free header holds is not given out again", async () => {
  const bench = createBench();
  const card = await login(bench);
  const made = await card.create(CONTACTS, text("x"));
  if (made.type === "written") await card.delete(CONTACTS, made.id);
  await bench.transport.reset();
  const again = await login(bench);
  expect(await again.create(CONTACTS, text("y"))).toMatchObject({ id: 3 });
});

import { describe, expect, it, vi } from "vitest";
import { JobQueue } from "../../../../src/scheduler/job-queue.ts";
import { signal } from "../../../support/signal.ts";

/** A queue whose jobs run until they are told to end. */
function bench(cards: Record<string, string | undefined>): {
  readonly queue: JobQueue;
  readonly started: string[];
  readonly end: (peer: string) => void;
} {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const queue = new JobQueue({
    cardFor: ({ peer }) => Promise.resolve(cards[peer]),
    run: ({ peer }) => {
      const [done, end] = signal();
      started.push(peer);
      ends.set(peer, end);
      return done;
    },
  });
  return { queue, started, end: (peer) => ends.get(peer)?.() };
}

const job = (peer: string): { peer: string; trigger: string } => ({ peer, trigger: "test" });

describe("due syncs", () => {
  it("run one at a time on a card, in order, and side by side on several", async () => {
    const { queue, started, end } = bench({ a: "1", b: "1", c: "2" });
    for (const peer of ["a", "b", "c"]) queue.add(job(peer));
    await vi.waitFor(() => {
      expect(started).toEqual(["a", "c"]);
    });
    end("a");
    await vi.waitFor(() => {
      expect(started).toEqual(["a", "c", "b"]);
    });
    end("b");
    end("c");
    await queue.close();
  });

  it("of one peer wait once, also while one of it runs, and never run beside it", async () => {
    const cards: Record<string, string> = { a: "1" };
    const { queue, started, end } = bench(cards);
    queue.add(job("a"));
    await vi.waitFor(() => {
      expect(started).toEqual(["a"]);
    });
    queue.add(job("a"));
    queue.add(job("a"));
    // Its card has been changed for another one meanwhile.
    cards["a"] = "2";
    queue.wake();
    expect(queue.waiting).toHaveLength(1);
    end("a");
    await vi.waitFor(() => {
      expect(started).toEqual(["a", "a"]);
    });
    expect(queue.waiting).toEqual([]);
    end("a");
    await queue.close();
  });

  it("without a card wait for it and hold nobody up", async () => {
    const cards: Record<string, string | undefined> = { b: "1" };
    const { queue, started, end } = bench(cards);
    queue.add(job("a"));
    queue.add(job("b"));
    await vi.waitFor(() => {
      expect(started).toEqual(["b"]);
    });
    cards["a"] = "2";
    queue.wake();
    await vi.waitFor(() => {
      expect(started).toEqual(["b", "a"]);
    });
    end("a");
    end("b");
    await queue.close();
  });

  it("are fair: who came first goes first when the card is free", async () => {
    const { queue, started, end } = bench({ a: "1", b: "1", c: "1" });
    for (const peer of ["a", "b", "c", "a"]) queue.add(job(peer));
    for (const [at, peer] of ["a", "b", "c"].entries()) {
      await vi.waitFor(() => {
        expect(started[at]).toBe(peer);
      });
      queue.add(job(peer));
      end(peer);
    }
    await vi.waitFor(() => {
      expect(started).toEqual(["a", "b", "c", "a"]);
    });
    queue.drop("b");
    queue.drop("c");
    end("a");
    await queue.close();
    expect(started).toHaveLength(4);
  });

  it("are not started any more once it is closed, which waits for what runs", async () => {
    const { queue, started, end } = bench({ a: "1", b: "1" });
    queue.add(job("a"));
    await vi.waitFor(() => {
      expect(started).toEqual(["a"]);
    });
    queue.add(job("b"));
    let isClosed = false;
    const closed = queue.close().then(() => {
      isClosed = true;
    });
    await Promise.resolve();
    expect(isClosed).toBe(false);
    end("a");
    await closed;
    queue.add(job("b"));
    queue.wake();
    expect(started).toEqual(["a"]);
  });
});

/** A sync that is due. At most one of a peer waits, and at most one runs. */
export interface Job {
  readonly peer: string;
  /** Why it is due; shown to the operator. */
  readonly trigger: string;
}

export interface JobQueueParts {
  /** @returns what the job needs to itself; undefined where it is not there yet */
  readonly cardFor: (job: Job) => Promise<string | undefined>;
  /** Does a job; what it throws is the caller's to have caught. */
  readonly run: (job: Job, card: string) => Promise<void>;
}

/**
 * Syncs that are due, in the order in which they came: one at a time on a card, several cards side by side. What has no card
 * waits for one and holds nobody up.
 */
export class JobQueue {
  readonly #parts: JobQueueParts;
  readonly #waiting: Job[] = [];
  readonly #running = new Map<string, { readonly peer: string; readonly done: Promise<void> }>();
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: JobQueueParts) {
    this.#parts = parts;
  }

  /** What waits, in order. */
  get waiting(): readonly Job[] {
    return this.#waiting;
  }

  /** Nothing changes where a job of that peer waits already. */
  add(job: Job): void {
    if (this.#isClosed || this.#waiting.some(({ peer }) => peer === job.peer)) return;
    this.#waiting.push(job);
    this.wake();
  }

  /** The peer's sync is not wanted any more; one that runs goes on. */
  drop(peer: string): void {
    const at = this.#waiting.findIndex((job) => job.peer === peer);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Starts what can be started: to be called when a card has come. */
  wake(): void {
    this.#turn = this.#turn.then(() => this.#startAll());
  }

  /** Starts nothing more. Resolves when nothing runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.length = 0;
    await this.#turn;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #startAll(): Promise<void> {
    for (const job of [...this.#waiting]) {
      if ([...this.#running.values()].some(({ peer }) => peer === job.peer)) continue;
      const card = await this.#parts.cardFor(job);
      if (card === undefined || this.#running.has(card) || !this.#waiting.includes(job)) continue;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#start(job, card);
    }
  }

  #start(job: Job, card: string): void {
    const done = this.#parts.run(job, card).finally(() => {
      this.#running.delete(card);
      this.wake();
    });
    this.#running.set(card, { peer: job.peer, done });
  }
}

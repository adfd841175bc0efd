/** A server that the client synchronizes with; its state is gone when it is closed. */
export interface BenchServer {
  readonly url: string;
  /** @returns the contacts that it holds, as vCards */
  contacts(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const USER = { name: "bench", password: "bench-secret-1" } as const;
/** DevID by which both servers know the client. */
export const DEVICE_ID = "sc-bench-1";

import { connect, type Socket } from "node:net";
import { z } from "zod";
import { BridgeError } from "../errors.ts";
import { OperationError } from "./failure.ts";
import {
  type OperationName,
  type OperationRun,
  type Operations,
  OPERATIONS,
} from "./operations.ts";
import { formatLine, readLines } from "./read-lines.ts";
import { socketPath } from "./socket-path.ts";

const answerSchema = z.union([
  z.strictObject({ progress: z.string() }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ failure: z.strictObject({ message: z.string(), exitCode: z.int() }) }),
]);

/** The operations of the service that holds the folder. Each opens a connection of its own. */
export function remoteOperations(dataDir: string): Operations {
  const names = Object.keys(OPERATIONS) as OperationName[];
  const entries = names.map(
    (name) =>
      [name, (args: unknown, run?: OperationRun) => call(dataDir, name, args, run)] as const,
  );
  // The service answers by the same table; what it sends is what `Operations` says.
  return Object.fromEntries(entries) as unknown as Operations;
}

/** @returns whether a service listens behind the folder's socket */
export async function isServiceListening(dataDir: string): Promise<boolean> {
  const socket = await open(dataDir);
  socket?.destroy();
  return socket !== undefined;
}

async function call(
  dataDir: string,
  operation: OperationName,
  args: unknown,
  { progress, signal }: OperationRun = {},
): Promise<unknown> {
  const socket = await open(dataDir);
  if (socket === undefined) throw gone();
  const stop = (): void => {
    socket.write(formatLine({ stop: true }));
  };
  try {
    socket.write(formatLine({ operation, arguments: args }));
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop);
    for await (const line of readLines(socket)) {
      const answer = answerSchema.parse(line);
      if ("failure" in answer) throw new OperationError(answer.failure);
      if ("result" in answer) return answer.result;
      progress?.(answer.progress);
    }
    throw gone();
  } finally {
    signal?.removeEventListener("abort", stop);
    socket.destroy();
  }
}

const gone = (): BridgeError =>
  new BridgeError("BRIDGE_BUSY", "The service stopped before it answered.");

/** @returns undefined where nobody listens */
function open(dataDir: string): Promise<Socket | undefined> {
  const { path, free } = socketPath(dataDir);
  return new Promise<Socket | undefined>((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once("connect", () => {
      resolve(socket);
    });
    socket.on("error", () => {
      resolve(undefined);
    });
  }).finally(free);
}

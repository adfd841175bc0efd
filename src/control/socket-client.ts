import { connect, type Socket } from "node:net";
import { z } from "zod";
import { BridgeError } from "../errors.ts";
import { OperationError } from "./failure.ts";
import { type OperationName, type Operations, OPERATIONS } from "./operations.ts";
import { formatLine, readLine } from "./read-line.ts";
import { socketPath } from "./socket-path.ts";

const answerSchema = z.union([
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ failure: z.strictObject({ message: z.string(), exitCode: z.int() }) }),
]);

/** The operations of the service that holds the folder. Each opens a connection of its own. */
export function remoteOperations(dataDir: string): Operations {
  const names = Object.keys(OPERATIONS) as OperationName[];
  const entries = names.map(
    (name) => [name, (args: unknown) => call(dataDir, name, args)] as const,
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

async function call(dataDir: string, operation: OperationName, args: unknown): Promise<unknown> {
  const socket = await open(dataDir);
  if (socket === undefined) throw gone();
  socket.write(formatLine({ operation, arguments: args }));
  const line = await readLine(socket).finally(() => socket.destroy());
  if (line === undefined) throw gone();
  const answer = answerSchema.parse(line);
  if ("failure" in answer) throw new OperationError(answer.failure);
  return answer.result;
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

/** Exit code of a process that the operator ended by force. */
const INTERRUPTED = 130;

/** Resolves at the first SIGTERM or SIGINT; the second one ends the process at once. */
export function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    const ask = (): void => {
      if (isAsked) process.exit(INTERRUPTED);
      isAsked = true;
      resolve();
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
  });
}

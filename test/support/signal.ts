/** A promise and what resolves it. */
export function signal(): [Promise<void>, () => void] {
  let give = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    give = resolve;
  });
  return [
    promise,
    () => {
      give();
    },
  ];
}

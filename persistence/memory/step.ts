/** One step of a memory server: runs on the next microtask, in the order of the calls, and throws into the promise. */
export function step<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work);
}

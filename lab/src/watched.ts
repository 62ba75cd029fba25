import type { Informer, KubernetesObject, ObjectCache } from "@kubernetes/client-node";

/** The objects of a kind, as they are now. */
export interface Watched<T> {
  list(): readonly T[];
  get(name: string): T | undefined;
}

/** Follows a kind of object; `changed` is called after each change. A broken watch is begun anew after a second. */
export function watched<T extends KubernetesObject>(
  informer: Informer<T> & ObjectCache<T>,
  changed: () => void,
): Watched<T> {
  const start = () => void informer.start().catch(restart);
  const restart = (error: unknown) => {
    console.error(error);
    setTimeout(start, 1000);
  };
  for (const event of ["add", "update", "delete"] as const) informer.on(event, changed);
  informer.on("error", restart);
  start();
  return { list: () => informer.list(), get: (name) => informer.get(name) };
}

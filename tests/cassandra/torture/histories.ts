import * as fc from "fast-check";

/** What can be done to a ring, each as the table of the outcome names it. */
export const deeds = {
  wait: "time passes",
  up: "`replicas` edited, `pulumi up` begun",
  upToEnd: "`replicas` edited, `pulumi up` left to its end",
  killEngine: "the engine of `pulumi up` killed (-9)",
  killCassandra: "a member's Java killed (-9)",
  killContainers: "a pod's containers killed (-9)",
  killPod: "a pod killed with its sandbox: another address",
  killAll: "all pods killed at once: other addresses for all",
  deletePod: "a pod deleted",
  deletePodAtOnce: "a pod deleted without grace",
  cutPath: "the path between two members cut for half a minute",
  cutNetwork: "a member cut off from all others for half a minute",
  pauseApiServer: "the API server paused",
  pauseDns: "DNS paused",
  revokeRole: "the pods' role taken away for half a minute",
  loseDisk: "a volume lost",
  restartNode: "a node switched off and on",
  decommission: "`nodetool decommission` by hand",
  scale: "`kubectl scale` by hand",
};

export type DeedName = keyof typeof deeds;

/** A deed, and a number that says to whom, how long or how many. */
export type Deed = [name: DeedName, number: number];

export interface History {
  /** Copies of each row; with three of them, rows with one copy are looked at as well until a disk is lost. */
  copies: 1 | 3;
  deeds: Deed[];
}

const deed = (name: DeedName, number: fc.Arbitrary<number> = fc.integer({ min: 0, max: 9 })): fc.Arbitrary<Deed> =>
  fc.tuple(fc.constant(name), number);

const replicas = fc.integer({ min: 1, max: 5 });

const anyDeed = fc.oneof(
  { weight: 8, arbitrary: deed("wait", fc.constantFrom(2, 5, 10, 20, 40)) },
  { weight: 6, arbitrary: deed("up", replicas) },
  { weight: 1, arbitrary: deed("upToEnd", replicas) },
  { weight: 2, arbitrary: deed("killEngine") },
  { weight: 1, arbitrary: deed("pauseApiServer", fc.constantFrom(5, 20, 50)) },
  { weight: 1, arbitrary: deed("pauseDns", fc.constantFrom(20, 50)) },
  ...(
    [
      "killCassandra",
      "killContainers",
      "killPod",
      "killAll",
      "deletePod",
      "deletePodAtOnce",
      "cutPath",
      "cutNetwork",
      "revokeRole",
      "loseDisk",
      "restartNode",
      "decommission",
      "scale",
    ] as const
  ).map((name) => ({ weight: 1, arbitrary: deed(name) })),
);

const history: fc.Arbitrary<History> = fc.record({
  copies: fc.constantFrom<1 | 3>(1, 3),
  deeds: fc
    .array(anyDeed, { minLength: 7, maxLength: 14, size: "max" })
    // An edit to begin with: most of what can go wrong goes wrong in one.
    .chain((deeds) => deed("up", replicas).map((first) => [first, ...deeds])),
});

/** The first histories of a seed: the same ones each time. */
export const historiesOf = (seed: number, count: number): History[] => fc.sample(history, { seed, numRuns: count });

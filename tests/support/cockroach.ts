import { CockroachCluster, CockroachClusterArgs } from "../../components/index";
import { record } from "./recorder";

/** Args of a CockroachDB cluster in the tests of its component. */
export const cockroachArgs: CockroachClusterArgs = {
  name: "cockroachdb",
  namespace: "db",
  replicas: 4,
  image: "cockroachdb/cockroach:v23.1.28",
  memory: "1Gi",
  cpu: "500m",
  storageClassName: "fast",
  volumeSize: "1Gi",
};
/** The parts of a pod that these tests look at. */
export interface Pod {
  spec: {
    initContainers?: { command: string[] }[];
    containers: { command: string[]; env?: object[]; volumeMounts: object[]; readinessProbe?: object }[];
    volumes?: object[];
  };
}

/** Registers a cluster. @param overrides of its args */
export const makeCockroach = (overrides: Partial<CockroachClusterArgs> = {}) =>
  record(() => new CockroachCluster("cockroachdb", { ...cockroachArgs, ...overrides }));

/** Inputs of the StatefulSet, as hooks are told. */
export const setInputs = (replicas: number) => ({
  metadata: { name: "cockroachdb", namespace: "db" },
  spec: { replicas },
});

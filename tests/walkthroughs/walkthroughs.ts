import cassandraExamples from "./cassandraExamples";
import cassandraWithStatefulSet from "./cassandraWithStatefulSet";
import cockroachOnMinikube from "./cockroachOnMinikube";
import kubernetesV1 from "./kubernetesV1";
import scalableCassandra from "./scalableCassandra";
import { Walkthrough } from "./walkthrough";

/** All of them, by the name under which they are asked for. */
export const walkthroughs: Record<string, Walkthrough> = {
  scalableCassandra,
  cassandraWithStatefulSet,
  cockroachOnMinikube,
  cassandraExamples,
  kubernetesV1,
};

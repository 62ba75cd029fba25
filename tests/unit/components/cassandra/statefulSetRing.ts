/** A ring of a StatefulSet as the API server has it. */
import { RingClient } from "../../../../components/cassandra/ringClient";
import { withApiServer, Written } from "../../../support/apiServer";

/** Host ID of a member. */
export const id = "70000000-0000-4000-8000-000000000000";

/** A pod that serves, as the API server has it. @param change what is different */
export const pod = (name: string, change: object = {}) => ({
  metadata: { name, uid: `uid-of-${name}` },
  spec: { nodeName: "node1", containers: [{ volumeMounts: [{ name: "ring", mountPath: "/ring" }] }] },
  status: {
    podIP: "10.0.0.1",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ state: { running: {} } }],
  },
  ...change,
});

/** Where the API server has what is in the namespace of the ring. */
export const core = "/api/v1/namespaces/db";

/** Where the API server has the StatefulSet of the ring. */
export const set = "/apis/apps/v1/namespaces/db/statefulsets/cassandra";

/** A ring of one StatefulSet, whose client gives up soon. */
export const ring = {
  name: "cassandra",
  sets: ["cassandra"],
  namespace: "db",
  selector: { app: "cassandra" },
  claim: "data",
  stallTimeoutMinutes: 0.001,
};

/**
 * Runs a client of that ring.
 * @param objects what the API server has
 * @returns what the client wrote
 */
export const withRing = async (objects: Record<string, unknown>, use: (client: RingClient) => Promise<void>) => {
  let writes: Written[] = [];
  await withApiServer(objects, (kubeconfig, written) => {
    writes = written;
    return use(new RingClient({ kubeconfig }, ring));
  });
  return writes;
};

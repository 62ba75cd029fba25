import * as assert from "node:assert/strict";
import { environment } from "../../../../components/objects/podEnvironment";
import { CassandraPodArgs, RingBinding } from "../../../../components/objects/podArgs";
import { podArgs, ringBinding } from "../../../support/args";

/** Variables of the container, with their values or the paths of the fields that the values come from. */
function variables(args: Partial<CassandraPodArgs>, ring: Partial<RingBinding>): Record<string, string | undefined> {
  type Variable = { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } };
  const all = environment({ ...podArgs, ...args }, { ...ringBinding, ...ring }) as Variable[];
  return Object.fromEntries(all.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.fieldRef.fieldPath]));
}

/** Those of them that only the scripts of this program read. */
const ofRing = (ring: Partial<RingBinding>) =>
  Object.fromEntries(Object.entries(variables({}, ring)).filter(([name]) => /^RING_|^POD_IDENTITY$/.test(name)));

describe("the environment of a Cassandra container", () => {
  const names = {
    RING_NAME: "cassandra",
    RING_SERVICE: "cassandra",
    RING_RECORD: "cassandra-ring",
    RING_SELECTOR: "app=x,ring=y",
  };

  it("passes JVM options on", () => {
    assert.equal(variables({ jvmOptions: ["-Da=1", "-Xss256k"] }, {}).JVM_EXTRA_OPTS, "-Da=1 -Xss256k");
  });

  it("tells after how many seconds a member repairs again, where it does", () => {
    assert.equal(variables({}, { repairInterval: 86_400 }).RING_REPAIR_INTERVAL, "86400");
    assert.ok(!("RING_REPAIR_INTERVAL" in variables({}, {})));
  });

  it("names the Secrets of the superuser and of the certificates where there are such Secrets", () => {
    const { RING_SUPERUSER, RING_TLS } = variables({}, { superuser: "s", tls: "certificates" });
    assert.deepEqual([RING_SUPERUSER, RING_TLS], ["s", "certificates"]);
  });

  it("says where the data lies: in the pod", () => {
    assert.deepEqual(ofRing({ disk: { kind: "emptyDir" } }), {
      ...names,
      RING_MEMBER: "metadata.name",
      POD_IDENTITY: "none",
      RING_DISK: "pod",
    });
  });

  it("says where the data lies: in a folder of the node, whose member is named after the node", () => {
    assert.deepEqual(ofRing({ disk: { kind: "hostPath", path: "/mnt/ring" } }), {
      ...names,
      RING_MEMBER: "spec.nodeName",
      POD_IDENTITY: "none",
      RING_DISK: "node",
    });
  });
});

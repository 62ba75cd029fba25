import * as assert from "node:assert/strict";
import { containerSecurity } from "../../../../components/objects/podSecurity";
import { initContainers, volumes } from "../../../../components/objects/podVolumes";
import { ringBinding as ring } from "../../../support/args";

describe("the volumes of a Cassandra pod", () => {
  const scratch = ["config", "logs", "tmp"].map((name) => ({ name, emptyDir: {} }));

  it("hold the data in the pod where there is no other place", () => {
    const disk = { kind: "emptyDir" } as const;
    assert.deepEqual(volumes({ ...ring, disk }), [
      { name: "data", emptyDir: {} },
      { name: "ring", configMap: { name: "scripts-1", defaultMode: 0o555 } },
      ...scratch,
    ]);
    assert.equal(initContainers("cassandra:5.0.9", disk).initContainers, undefined);
  });

  it("hold the data in a folder of the node, which an init container gives to Cassandra's user", () => {
    const disk = { kind: "hostPath", path: "/mnt/ring" } as const;
    assert.deepEqual(volumes({ ...ring, disk })[0], {
      name: "data",
      hostPath: { path: "/mnt/ring", type: "DirectoryOrCreate" },
    });
    const [own] = initContainers("cassandra:5.0.9", disk).initContainers as {
      command: string[];
      securityContext: object;
    }[];
    assert.deepEqual(own.command, ["chown", "999:999", "/var/lib/cassandra"]);
    assert.deepEqual(own.securityContext, {
      ...containerSecurity,
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { drop: ["ALL"], add: ["CHOWN"] },
    });
  });

  it("hold the certificates of a Secret, which nobody but Cassandra's user and group can read", () => {
    assert.deepEqual(
      volumes({ ...ring, tls: "certificates" }).find(({ name }) => name === "tls"),
      { name: "tls", secret: { secretName: "certificates", defaultMode: 0o440 } },
    );
  });
});

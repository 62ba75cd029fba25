import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { PersistentCluster } from "../../../../components/index";
import { ringArgs } from "../../../support/args";
import { only, record } from "../../../support/recorder";

describe("the pod template of a ring", () => {
  const args = { ...ringArgs, replicas: 3, volumeSize: "1Gi" };

  it("keeps a cassandra.yaml that may be a secret in a Secret, beside the scripts", async () => {
    const cassandraYaml = pulumi.secret({ audit_logging_options: { enabled: true } });
    const all = await record(() => new PersistentCluster("cassandra", { ...args, cassandraYaml }));
    const { stringData } = only(all, "core/v1:Secret").inputs;
    assert.match(JSON.stringify(pulumi.runtime.unwrapRpcSecret(stringData)), /audit_logging_options/);
    const scripts = only(all, "core/v1:ConfigMap").inputs.data as Record<string, string>;
    assert.equal(scripts["cassandra.json"], undefined);
    const { spec } = only(all, "apps/v1:StatefulSet").inputs as {
      spec: { template: { spec: { volumes: object[] } } };
    };
    assert.deepEqual(spec.template.spec.volumes[0], {
      name: "ring",
      projected: {
        sources: [
          { configMap: { name: "cassandra-scripts-auto" } },
          { secret: { name: "cassandra-configuration-auto" } },
        ],
        defaultMode: 0o555,
      },
    });
  });
});

import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { CassandraService } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { record } from "../../../support/recorder";

describe("CassandraService", () => {
  const identity = { name: "cassandra", topology: "persistent" };
  const metadata = { namespace: "db", labels: labels(identity) };

  it("makes a headless Service for the members, and one with a cluster IP for clients after the set", async () => {
    const all = await record(() => {
      const service = new CassandraService("ring", {
        ...identity,
        namespace: "db",
        selector: selectorLabels(identity),
      });
      service.serveClients(new k8s.core.v1.ConfigMap("set"));
    });
    const order = all.map(({ name }) => name);
    assert.ok(order.indexOf("ring-client") > order.indexOf("set"), order.join());
    assert.deepEqual(
      all.filter(({ type }) => type === "core/v1:Service").sort((a, b) => a.name.length - b.name.length),
      [
        {
          type: "core/v1:Service",
          name: "ring",
          inputs: {
            apiVersion: "v1",
            kind: "Service",
            metadata: { ...metadata, name: "cassandra" },
            spec: {
              clusterIP: "None",
              publishNotReadyAddresses: true,
              selector: selectorLabels(identity),
              ports: [
                { name: "cql", port: 9042 },
                { name: "intra-node", port: 7000 },
              ],
            },
          },
        },
        {
          type: "core/v1:Service",
          name: "ring-client",
          inputs: {
            apiVersion: "v1",
            kind: "Service",
            metadata: { ...metadata, name: "cassandra-client" },
            spec: { selector: selectorLabels(identity), ports: [{ name: "cql", port: 9042 }] },
          },
        },
      ],
    );
  });
});

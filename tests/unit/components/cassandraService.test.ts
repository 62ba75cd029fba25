import * as assert from "node:assert/strict";
import { CassandraService } from "../../../components";
import { labels, selectorLabels } from "../../../components/labels";
import { record } from "../recorder";

describe("CassandraService", () => {
  const identity = { name: "cassandra", topology: "persistent" };
  const metadata = { namespace: "db", labels: labels(identity) };

  it("makes a headless Service for the members and one with a cluster IP for clients", async () => {
    const all = await record(() => new CassandraService("ring", { ...identity, namespace: "db" }));
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

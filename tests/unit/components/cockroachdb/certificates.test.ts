import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { cockroachCertificates } from "../../../support/certificates";
import { withApiServer } from "../../../support/apiServer";
import { makeCockroach, Pod, setInputs } from "../../../support/cockroach";
import { callHook, only } from "../../../support/recorder";

describe("the certificates of a CockroachDB cluster", () => {
  const certificates = { node: "node-certs", client: "client-certs" };

  it("mounts certificates, each in the pods that they are for, and probes with TLS", async () => {
    const all = await makeCockroach({ certificates, sqlClient: true, loadGenerator: true });
    const template = (type: string) => (only(all, type).inputs as unknown as { spec: { template: Pod } }).spec.template;
    const pods: [Pod, string][] = [
      [template("apps/v1:StatefulSet"), "node-certs"],
      [template("batch/v1:Job"), "client-certs"],
      [template("apps/v1:Deployment"), "client-certs"],
      [only(all, "core/v1:Pod").inputs as unknown as Pod, "client-certs"],
    ];
    for (const [{ spec }, secretName] of pods) {
      assert.deepEqual(spec.volumes?.[0], { name: "secret", secret: { secretName } });
      assert.match(spec.initContainers?.[0].command[2] ?? "", /chmod 0400/);
      assert.deepEqual(spec.containers[0].volumeMounts.at(-1), {
        name: "certs",
        mountPath: "/cockroach/cockroach-certs",
      });
      assert.doesNotMatch(JSON.stringify(spec), /--insecure|sslmode=disable/);
    }
    const [node] = pods[0][0].spec.containers;
    assert.ok(node.command.includes("--certs-dir=/cockroach/cockroach-certs"));
    assert.match(JSON.stringify(node.readinessProbe), /HTTPS/);
  });

  it("needs the certificates that it is told of, which is looked at in preview", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "cockroach-"));
    try {
      const { node, client } = cockroachCertificates(folder);
      const secret = (files: Record<string, string>) => ({
        data: Object.fromEntries(
          Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString("base64")]),
        ),
      });
      const at = "/api/v1/namespaces/db/secrets";
      const look = (nodes?: Record<string, string>, clients?: Record<string, string>) => {
        const objects = {
          ...(nodes && { [`${at}/node-certs`]: secret(nodes) }),
          ...(clients && { [`${at}/client-certs`]: secret(clients) }),
        };
        return withApiServer(objects, async (kubeconfig) => {
          await makeCockroach({ certificates, cluster: { kubeconfig } });
          await callHook("cockroachdb-needs-secrets", { newInputs: setInputs(3) }, { onDryRun: true });
        });
      };
      await look(node, client);
      await assert.rejects(look(node, { "ca.crt": client["ca.crt"] }), {
        message:
          'clientCertificates: "client-certs" is not allowed in namespace db: it has no client.root.crt and no ' +
          "client.root.key; allowed is a Secret with client.root.crt, client.root.key, ca.crt, as `cockroach cert` makes them",
      });
      await assert.rejects(look(), /nodeCertificates: "node-certs" .*no such Secret[^]*clientCertificates/);
      const swapped = { "ca.crt": node["ca.crt"], "node.crt": client["client.root.crt"], "node.key": node["node.key"] };
      await assert.rejects(look(swapped, client), /"node-certs" .*: its node.key is not that of its node.crt;/);
      const ofRoot = { ...swapped, "node.key": client["client.root.key"] };
      await assert.rejects(
        look(ofRoot, client),
        /"node-certs" .*: its node.crt is of CN=root, and must be of CN=node;/,
      );
      const others = cockroachCertificates(folder);
      await assert.rejects(
        look({ ...node, "ca.crt": others.node["ca.crt"] }, client),
        /"node-certs" .*: no authority in its ca.crt has signed its node.crt;/,
      );
      await assert.rejects(look({ ...node, "node.crt": "x" }, client), /its node.crt holds no certificate;/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

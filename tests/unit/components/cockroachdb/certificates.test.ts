import * as assert from "node:assert/strict";
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
    const secret = (...files: string[]) => ({ data: Object.fromEntries(files.map((file) => [file, "eA=="])) });
    const objects = {
      "/api/v1/namespaces/db/secrets/node-certs": secret("ca.crt", "node.crt", "node.key"),
      "/api/v1/namespaces/db/secrets/client-certs": secret("ca.crt"),
    };
    const look = (present: Record<string, unknown>) =>
      withApiServer(present, async (kubeconfig) => {
        await makeCockroach({ certificates, cluster: { kubeconfig } });
        await callHook("cockroachdb-needs-secrets", { newInputs: setInputs(3) }, { onDryRun: true });
      });
    await assert.rejects(look(objects), {
      message:
        'clientCertificates: "client-certs" is not allowed in namespace db: it has no client.root.crt and no ' +
        "client.root.key; allowed is a Secret with ca.crt, client.root.crt, client.root.key",
    });
    await assert.rejects(look({}), /nodeCertificates: "node-certs" .*no such Secret[^]*clientCertificates/);
  });
});

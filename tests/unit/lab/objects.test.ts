import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect } from "../../../lab/src/objects";

describe("the lab's client of its API server", () => {
  it("gives the API server a minute to accept a connection, since the machine may be busy", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "objects-"));
    try {
      const kubeconfig = {
        clusters: [{ name: "lab", cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name: "admin", user: {} }],
        contexts: [{ name: "lab", context: { cluster: "lab", user: "admin" } }],
        "current-context": "lab",
      };
      const file = path.join(folder, "kubeconfig");
      writeFileSync(file, JSON.stringify(kubeconfig));
      const { config } = await connect(file);
      const options = config.createDispatcherOptions(config.getCurrentCluster(), { ca: "authority" });
      assert.ok(options.type === "agent" && "timeout" in options.connect, JSON.stringify(options));
      assert.equal(options.connect.timeout, 60_000);
      assert.equal((options.connect as { ca?: string }).ca, "authority");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

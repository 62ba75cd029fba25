import * as assert from "node:assert/strict";
import { enforceLabel, refuseOtherStandard } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";

describe("the label of a namespace that two stacks share", () => {
  const labelled = (level: string) => ({ metadata: { name: "db", labels: { [enforceLabel]: level } } });
  const patch = (live: object | undefined, wanted: string, was?: string) =>
    withApiServer(live ? { "/api/v1/namespaces/db": live } : {}, async (kubeconfig) => {
      await record(() => refuseOtherStandard("cassandra", { kubeconfig }));
      const edit = { newInputs: labelled(wanted), ...(was && { oldInputs: labelled(was) }) };
      await callHook("cassandra-standard-is-no-others", edit, { onDryRun: true });
    });

  it("is written where nobody else has said anything else, and by the stack that said it", async () => {
    await patch(undefined, "restricted");
    await patch({ metadata: { name: "db" } }, "restricted");
    await patch(labelled("restricted"), "restricted");
    await patch(labelled("restricted"), "privileged", "restricted");
  });

  it("is left alone where it is somebody else's", async () => {
    await assert.rejects(patch(labelled("privileged"), "restricted"), {
      message:
        'createNamespace: "true" is not allowed for namespace db: it exists and enforces the Pod Security Standard privileged, ' +
        'which this stack has not set, and this stack would change that to restricted; allowed is "false", which leaves the namespace as ' +
        "it is, or another namespace",
    });
    await assert.rejects(
      patch(labelled("baseline"), "restricted", "restricted"),
      /enforces .* baseline, which this stack has not set/,
    );
  });
});

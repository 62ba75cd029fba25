import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { RunError } from "../../../lab/src/run";
import { Stack } from "../../support/stack";

/** A cluster's own rule against large sets, as an administrator may have one. */
const fewReplicas = [
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: "few-replicas" },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["statefulsets"] },
        ],
      },
      validations: [{ expression: "object.spec.replicas <= 6", message: "at most 6 replicas here" }],
    },
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "few-replicas" },
    spec: { policyName: "few-replicas", validationActions: ["Deny"] },
  },
];

/** What a preview says of a policy of the cluster's own. */
export function admission(scene: () => { lab: Lab; stack: Stack }): void {
  it("@all shows in preview what the API server would refuse", async () => {
    await scene().lab.kubectl(["apply", "-f", "-"], {
      input: JSON.stringify({ apiVersion: "v1", kind: "List", items: fewReplicas }),
    });
    const before = await scene().stack.objects();
    await scene().stack.set({ replicas: "7" });
    assert.match(await refusal(), /denied request: at most 6 replicas here/);
    assert.deepEqual(await scene().stack.objects(), before);
    await scene().stack.set({ replicas: "4" });
    await scene().lab.kubectl(["delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", "few-replicas"]);
  });

  /** What a preview is refused with, once the API server has taken up its new policy, which takes it a moment. */
  async function refusal(): Promise<string> {
    for (let i = 0; i < 10; i++) {
      const printed = await scene()
        .stack.pulumi("preview")
        .then(
          () => undefined,
          (error: RunError) => error.stdout + error.stderr,
        );
      if (printed) return printed;
    }
    throw new Error("the API server never took up the policy");
  }
}

import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { applySecret, base64 } from "../support/secrets";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const passwords = ["first-password", "second-password"];

describe("a superuser whose password is in a Secret of somebody else, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  const write = (data: Record<string, string>) => applySecret(lab, "vault", data);
  const asked = { ...smallMembers, storage: "minikube-hostpath", replicas: 1, superuserSecret: "vault" };
  const ofRing = () => lab.kubectl(["get", "secret", "cassandra-superuser", "-o", "jsonpath={.data.password}"]);
  const refusal = (why: string) =>
    `cassandra:superuserSecret: "vault" is not allowed in namespace default: ${why}; allowed is a Secret with password, 8 to 128 letters, ` +
    "digits and any of -_.~+/=";

  it("is refused in preview where the Secret is missing, or has no password that Cassandra takes", async () => {
    stack.configure(asked);
    await stack.refusedWith([refusal("there is no such Secret")], "preview");
    await write({ user: base64("admin") });
    await stack.refusedWith([refusal("it has no password")], "preview");
    await write({ password: base64("it's") });
    await stack.refusedWith([refusal("its password is not allowed")], "preview");
    assert.deepEqual(await stack.objects(), []);
  });

  it("has that password, and preview tells of another one", async () => {
    const [first, second] = passwords;
    await write({ password: base64(first) });
    await stack.up();
    assert.equal(await ofRing(), base64(first));
    const state = await stack.pulumi("stack", "export");
    assert.ok(state.includes("cassandra-superuser"));
    for (const form of [first, base64(first)]) assert.ok(!state.includes(form), "the password stands in the state");
    await stack.up("--expect-no-changes");
    await write({ password: base64(second) });
    const change = /the password of admin changes: sessions go on, new ones need the new password/;
    assert.match(await stack.pulumi("preview"), change);
    await write({ password: base64("no") });
    assert.ok((await stack.refused("up", "--yes", "--skip-preview")).includes(refusal("its password is not allowed")));
    assert.equal(await ofRing(), base64(first));
  });
});

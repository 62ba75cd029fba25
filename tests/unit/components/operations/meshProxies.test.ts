import * as assert from "node:assert/strict";
import { classicProxyOf } from "../../../../components/operations/meshProxies";
import { namespaced, running, set, templateOf, update } from "./admissions";

const proxy = { name: "istio-proxy", image: "x" };
const { spec } = templateOf("1Gi");
const classic = { ...spec, containers: [...spec.containers, proxy] };
const native = { ...spec, initContainers: [{ ...proxy, restartPolicy: "Always" }] };
/** What a webhook makes of a pod. */
const injected = (made: object) => ({ [`POST ${namespaced}/pods`]: { spec: made } });
const present = (count: number, made: object) => ({
  [`${namespaced}/pods`]: { items: Array.from({ length: count }, () => ({ metadata: {}, spec: made, status: {} })) },
});
const ring = { kind: "ReplicationController", apiVersion: "v1" };
const ephemeral = (replicas: number, memory = "1Gi") => {
  const { spec, ...others } = set(replicas, memory);
  return { ...others, ...ring, spec: { replicas, template: spec.template } };
};
const setting =
  'the annotation sidecar.istio.io/nativeSidecar: "true" (in podTemplatePatch, or for the namespace; Kubernetes 1.29 or later)';

describe("the proxy of a service mesh that ends before its member", () => {
  it("is a container of a known name, and no native sidecar", () => {
    for (const name of ["istio-proxy", "linkerd-proxy", "kuma-sidecar", "consul-dataplane", "envoy"])
      assert.equal(classicProxyOf({ containers: [...spec.containers, { name }] }), name);
    for (const one of [spec, native, undefined]) assert.equal(classicProxyOf(one), undefined);
    assert.equal(classicProxyOf({ containers: [{ name: "constructor" }] }), undefined);
  });

  it("is warned of where the data outlives the pods, with what to set", async () => {
    const { warned } = await update(set(3), injected(classic));
    assert.deepEqual(warned, [
      "ring cassandra: its pods in namespace db have the container istio-proxy, which ends as soon as a pod is asked to end: until the pod has " +
        `ended, it has no network, and others see it as down. Better is ${setting}, or pods outside of the mesh`,
    ]);
    assert.deepEqual((await update(set(3), injected(native))).warned, []);
  });

  it("is refused where members stream their data as their pods end, unless the data may be lost", async () => {
    const loss =
      "ring cassandra is not allowed in namespace db as it is: its pods have the container istio-proxy, which ends as soon as a pod is asked to " +
      "end. A member could no longer stream its data to the others then, and its data would be lost with the pod; allowed is " +
      `${setting}, or pods outside of the mesh. To lose the data: \`acceptDataLoss: true\` in the program`;
    const streamsAtEnd = true;
    await assert.rejects(update(ephemeral(3), injected(classic), { streamsAtEnd }), { message: loss });
    const accepted = await update(ephemeral(3), injected(classic), { streamsAtEnd, acceptDataLoss: true });
    assert.deepEqual(accepted.warned, [loss]);
    assert.deepEqual((await update(ephemeral(3), injected(native), { streamsAtEnd })).warned, []);
  });

  it("is refused where pods end that have it, by a smaller ring or by another template", async () => {
    const loss =
      /^ring cassandra in namespace db: this update ends pods that have the container istio-proxy, .* To lose the data: /;
    const streamsAtEnd = true;
    const three = present(3, classic);
    const smaller = { streamsAtEnd, oldInputs: ephemeral(3) };
    await assert.rejects(update(ephemeral(2), three, smaller), { message: loss });
    const { warned } = await update(ephemeral(2), three, { ...smaller, acceptDataLoss: true });
    assert.match(warned.join(), loss);
    const renewed = { streamsAtEnd, oldInputs: ephemeral(3) };
    await assert.rejects(update(ephemeral(3, "512Mi"), { ...three, ...injected(native) }, renewed), { message: loss });
    // Pods that stay lose nothing, nor do volumes.
    assert.deepEqual((await update(ephemeral(3), three, renewed)).warned, []);
    assert.deepEqual((await update(set(2), { ...running(3), ...three }, { oldInputs: set(3) })).warned, []);
  });

  it("is warned of where it is in the template, and nobody may ask what becomes of it", async () => {
    const denied = { kind: "Status", code: 403, message: 'pods is forbidden: User "x" cannot create resource "pods"' };
    const inputs = ephemeral(3);
    const patched = { ...inputs, spec: { ...inputs.spec, template: { ...inputs.spec.template, spec: classic } } };
    const { warned } = await update(patched, { [`POST ${namespaced}/pods`]: denied }, { streamsAtEnd: true });
    assert.match(warned.join(), /^ring cassandra: its pods in namespace db have the container istio-proxy/);
  });
});

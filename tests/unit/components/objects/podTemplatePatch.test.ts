import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { refusedParts } from "../../../../components/args/patchRules";
import { nodePod } from "../../../../components/cockroachdb/cockroachPod";
import type { Disk } from "../../../../components/objects/disk";
import { cassandraPodSpec } from "../../../../components/objects/podSpec";
import { patched } from "../../../../components/objects/podTemplatePatch";
import { podArgs, ringBinding } from "../../../support/args";

interface Named {
  name: string;
}
interface Spec {
  containers: (Named & {
    env: Named[];
    volumeMounts: { mountPath: string }[];
    ports: (Named & { containerPort: number })[];
  })[];
  initContainers?: Named[];
  volumes: (Named & { emptyDir?: object })[];
}

describe("a patch over the template of pods", () => {
  it("merges objects, and lists by name; null removes, and other values replace", () => {
    const service = pulumi.output("a");
    const template = {
      metadata: { labels: { app: "x", old: "y" } },
      spec: {
        containers: [{ name: "main", image: "a", env: [{ name: "A", value: service }], args: ["1"] }],
        volumes: [{ name: "tmp", emptyDir: {} }],
        topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway", maxSkew: 1 }],
      },
    };
    const found = patched<object>(template, {
      metadata: { labels: { team: "data", old: null } },
      spec: {
        containers: [
          { name: "main", args: ["2"], env: [{ name: "B", value: "b" }] },
          { name: "side", image: "b", securityContext: null },
        ],
        volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Gi" } }],
        topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
        dnsPolicy: "Default",
      },
    });
    assert.deepEqual(found, {
      metadata: { labels: { app: "x", team: "data" } },
      spec: {
        containers: [
          {
            name: "main",
            image: "a",
            env: [
              { name: "A", value: service },
              { name: "B", value: "b" },
            ],
            args: ["2"],
          },
          { name: "side", image: "b" },
        ],
        volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Gi" } }],
        topologySpreadConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", maxSkew: 1 }],
        dnsPolicy: "Default",
      },
    });
    assert.deepEqual(patched(template), template);
  });

  const disks: Disk[] = [
    { kind: "persistentVolumeClaim", template: "data" },
    { kind: "hostPath", path: "/mnt/ring" },
    { kind: "emptyDir" },
  ];
  for (const [application, specs] of [
    [
      "cassandra",
      disks.map((disk) => cassandraPodSpec(podArgs, { ...ringBinding, disk, tls: "tls", superuser: "admin" })),
    ],
    [
      "cockroachdb",
      [nodePod({ ...podArgs, certificates: { node: "n", client: "c" } }, { name: "c", domain: "c", selector: {} })],
    ],
  ] as const)
    it(`may touch nothing that the pods of ${application} are made of`, () => {
      for (const spec of specs as unknown as Spec[]) {
        const [{ name, env, volumeMounts, ports, ...container }] = spec.containers;
        const parts = (patch: object) => refusedParts({ spec: patch }, application).map(({ part }) => part);
        const inside = (fields: object) => parts({ containers: [{ name, ...fields }] });
        for (const variable of env)
          assert.deepEqual(inside({ env: [variable] }), [`spec.containers[${name}].env[${variable.name}]`]);
        for (const { mountPath } of volumeMounts)
          for (const folder of [mountPath, `${mountPath}/below`, mountPath.replace(/\/[^/]+$/, "") || "/"])
            assert.equal(inside({ volumeMounts: [{ name: "x", mountPath: folder }] }).length, 1, folder);
        for (const { name: own, containerPort } of ports) {
          assert.deepEqual(inside({ ports: [{ name: own, containerPort: 1 }] }), [
            `spec.containers[${name}].ports[${own}]`,
          ]);
          const renamed = inside({ ports: [{ name: "other", containerPort }] });
          assert.deepEqual(renamed, [`spec.containers[${name}].ports[${containerPort}]`]);
        }
        const free = ["imagePullPolicy", "resources", "securityContext"];
        for (const field of Object.keys(container).filter((field) => !free.includes(field)))
          assert.deepEqual(inside({ [field]: null }), [`spec.containers[${name}].${field}`]);
        for (const kind of ["requests", "limits"])
          assert.equal(
            inside({ resources: { [kind]: { cpu: "1", memory: "1Gi", "ephemeral-storage": "1Gi" } } }).length,
            2,
          );
        for (const volume of spec.volumes) {
          assert.deepEqual(parts({ volumes: [{ name: volume.name, emptyDir: null }] }), [
            `spec.volumes[${volume.name}]`,
          ]);
          const isScratch = volume.emptyDir !== undefined && volume.name !== "data";
          const size = parts({ volumes: [{ name: volume.name, emptyDir: { sizeLimit: "1Gi" } }] });
          assert.equal(size.length, isScratch ? 0 : 1, volume.name);
        }
        for (const one of spec.initContainers ?? []) assert.equal(parts({ initContainers: [one] }).length, 1);
        // Who sets these does so by key, or the API server's own checks apply.
        const fields = ["containers", "initContainers", "volumes", "securityContext", "topologySpreadConstraints"];
        for (const field of Object.keys(spec).filter((field) => !fields.includes(field)))
          assert.deepEqual(parts({ [field]: null }), [`spec.${field}`]);
      }
    });

  it("may add what nobody stands on", () => {
    const harmless = {
      metadata: { labels: { team: "data" }, annotations: { "sidecar.istio.io/inject": "true" } },
      spec: {
        containers: [
          {
            name: "cassandra",
            env: [{ name: "TZ", value: "UTC" }],
            volumeMounts: [{ name: "agent", mountPath: "/opt/agent" }],
            ports: [{ name: "metrics", containerPort: 9500 }],
            resources: { limits: { "ephemeral-storage": "4Gi" } },
            securityContext: { capabilities: { add: ["SYS_NICE"] } },
          },
          { name: "agent", image: "agent:1", command: ["run"], env: [{ name: "CASSANDRA_DC", value: "x" }] },
        ],
        initContainers: [{ name: "fetch", image: "agent:1" }],
        volumes: [{ name: "agent", emptyDir: {} }],
        securityContext: { sysctls: [] },
        runtimeClassName: "gvisor",
      },
    };
    assert.deepEqual(refusedParts(harmless, "cassandra"), []);
    assert.deepEqual(refusedParts(undefined, "cassandra"), []);
  });

  it("is told each part with its reason, also what goes around the checks of other keys", () => {
    const container = {
      name: "cassandra",
      image: "other:1",
      envFrom: [],
      env: [{ name: "JAVA_TOOL_OPTIONS", value: "-Dx" }],
    };
    const patch = {
      metadata: { labels: { app: "other" }, annotations: { "cassandra/revision": "1" } },
      spec: { $patch: "replace", hostNetwork: true, nodeSelector: {}, containers: [container] },
    };
    assert.deepEqual(
      refusedParts(patch, "cassandra").map(({ part, reason }) => `${part}: ${reason}`),
      [
        "spec.$patch: null removes a field",
        "metadata.labels.app: the pods are found by it",
        "metadata.annotations.cassandra/revision: the program sets it",
        "spec.hostNetwork: each pod needs an address of its own",
        "spec.nodeSelector: {nodeSelector} sets it",
        "spec.containers[cassandra].image: {image} sets it",
        "spec.containers[cassandra].envFrom: variables that nobody sees in preview could change how a member runs",
        "spec.containers[cassandra].env[JAVA_TOOL_OPTIONS]: the program sets it, or a key that is checked",
      ],
    );
  });

  it("gives annotations to the account of Cassandra's pods; those of CockroachDB have none of their own", () => {
    const patch = { serviceAccount: { annotations: { role: "backup" } } };
    assert.deepEqual(refusedParts(patch, "cassandra"), []);
    assert.deepEqual(refusedParts(patch, "cockroachdb"), [
      { part: "serviceAccount", reason: "the pods of CockroachDB have no account of their own" },
    ]);
  });
});

import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { argsOf, Component } from "../../../../components/args/argRules";
import { refuseWrongArgs } from "../../../../components/args/checkedArgs";
import { readConfig } from "../../../../config";
import { topologyKeys, topologies, Topology } from "../../../../config/schema";
import { heap } from "../../../../config/parsers";
import { badStacks } from "../../../support/badConfig";
import { Args, linesOf, refusals } from "../../../support/componentArgs";

describe("args of components", () => {
  describe("are refused as their keys of stack config are", () => {
    const componentOf: Record<Topology, Component> = {
      persistent: "PersistentCluster",
      ephemeral: "EphemeralCluster",
      daemon: "DaemonCluster",
      pod: "SinglePod",
      cockroachdb: "CockroachCluster",
    };
    /** What no component can tell: the ring beside it, the namespace that is made, the words of stack config. */
    const ofConfigAlone =
      /: must differ from |the rings would both have |tlsSecret: .* while tls is none|:tls: invalid value "(?!secret")|adopt: invalid value "true" (with createNamespace|beside )|adopt: invalid value "tutorial"|while topologies holds| of a ring that is not adopted| beside \S+ of \w+ on /;
    const argOf: Record<string, string> = { maxHeap: "maxHeapMiB", tls: "tlsSecret" };
    const named = (key: string) => argOf[key] ?? key;

    /** Whether a key that holds for the whole stack holds for a topology. */
    const isCommon = (topology: Topology, key: string) =>
      [...topologyKeys[topology].overrides, "namespace", "imagePullSecrets", "storageClassName"].includes(key);

    /** The args with which a program would say what a stack file says of a topology. */
    function argsOfStack(topology: Topology, config: Args): Args {
      const table = argsOf(componentOf[topology]);
      const own = Object(config[topology]) as Args;
      const all: Args = {
        ...Object.fromEntries(Object.entries(config).filter(([key]) => isCommon(topology, key))),
        ...own,
      };
      const { maxHeap, tls, adopt, podTemplate = "kept", ...rest } = all;
      const args: Args = {
        ...rest,
        ...(maxHeap !== undefined && { maxHeapMiB: heap(maxHeap) ?? `${maxHeap as string | number}` }),
        ...(tls === "secret" && { tlsSecret: rest.tlsSecret ?? "cassandra-tls" }),
        ...(adopt === true && topology === "persistent" && { adopt: podTemplate }),
        ...(config.storage === "local" && { localVolumes: rest.localVolumes ?? [] }),
      };
      return Object.fromEntries(Object.entries(args).filter(([name]) => name in table));
    }

    /** A line without what differs by what it is about: the project, and what only config has. */
    function plain(line: string): string {
      const inArgs = line
        .replace(
          /cassandra:(?:(?:persistent|ephemeral|daemon|pod|cockroachdb)\.)?([a-z]\w*)(?=$|[:. ])/gi,
          (all, key: string) => (/^\d/.test(key) ? all : named(key)),
        )
        .replace(/; did you mean [^?]*\?|, or empty| with storage local|; it is [^;]*, not [^;]*/g, "")
        .replace(/ while .*/, " while")
        .replace(/^jvmOptions: .* start(s|ing) with a dash.*/, "jvmOptions: dash");
      if (/^(maxHeapMiB|stallTimeoutMinutes|adopt|tlsSecret): /.test(inArgs))
        return inArgs.replace(/: invalid value "[^"]*"/, ":").replace(/: must be .*/, "");
      return inArgs;
    }

    for (const { name, config, refusals: lines } of badStacks("")) {
      const bare = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("cassandra:", ""), value]),
      );
      const chosen = [bare.topologies ?? "persistent"].flat();
      for (const topology of topologies.filter((one) => chosen.includes(one) || one in bare)) {
        const component = componentOf[topology];
        const expected = lines.filter((line) => {
          const [, whose, key] = /^cassandra:(?:(persistent|ephemeral|daemon|pod|cockroachdb)\.)?(\w+)/.exec(line)!;
          const isIts = whose ? whose === topology : isCommon(topology, key) && !(key in Object(bare[topology]));
          return isIts && named(key) in argsOf(component) && !ofConfigAlone.test(line);
        });
        if (expected.length === 0) continue;
        it(`${component}: ${name}`, () => {
          const found = refusals(argsOfStack(topology, bare), component).map(plain);
          for (const line of expected.map(plain))
            assert.ok(found.includes(line), `${line}\nis not in\n${found.join("\n")}`);
        });
      }
    }

    it("and none that config lets pass is refused", async () => {
      await pulumi.runtime.setMocks(
        { newResource: () => ({ id: "", state: {} }), call: () => ({}) },
        "cassandra",
        "test",
      );
      const localVolumes = [0, 1, 2, 3, 4, 5].map((i) => ({ node: `node-${i}`, path: "/mnt/disks/1" }));
      const texts = {
        memory: "8Gi",
        maxHeap: "3G",
        cpu: "2",
        clusterName: "K8 Demo_1",
        superuserPassword: "correct-horse",
      };
      const lists = { racks: ["a", "b"], localVolumes, clientsFrom: [{ cidr: "fd00::/8" }], imagePullSecrets: ["key"] };
      for (const config of [
        {},
        {
          ...texts,
          ...lists,
          replicas: 6,
          storage: "local",
          tls: "cert-manager",
          tlsIssuer: "Issuer/mine",
          clusterDomain: "example.internal",
          volumeRetention: "delete",
          podSecurity: "openshift",
          egress: "members",
        },
        {
          auth: "none",
          lockMemory: true,
          persistent: { adopt: true, numTokens: 32 },
          daemon: { hostPath: "/mnt", nodeSelector: { disk: "ssd" } },
        },
        {
          tls: "secret",
          clientCertificates: "required",
          ephemeral: { adoptPod: true },
          cockroachdb: { sqlClient: true, insecure: true },
        },
      ])
        for (const topology of topologies) {
          const whole: Args = {
            ...config,
            topologies: [topology],
            ...(topology === "persistent" ? {} : { racks: [] }),
          };
          if (topology === "daemon" || topology === "pod") delete whole.replicas;
          if (topology === "pod") delete whole.ephemeral;
          if (topology === "cockroachdb") whole.cockroachdb = { ...(whole.cockroachdb as object), localVolumes };
          pulumi.runtime.setAllConfig(
            Object.fromEntries(
              Object.entries(whole).map(([key, one]) => [
                `cassandra:${key}`,
                typeof one === "string" ? one : JSON.stringify(one),
              ]),
            ),
          );
          const { [topology]: settings } = readConfig();
          assert.deepEqual(
            linesOf(() => refuseWrongArgs(componentOf[topology], "c", { ...settings, namespace: "db" })),
            [],
            JSON.stringify(whole),
          );
        }
    });
  });
});

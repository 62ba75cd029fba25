import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { CassandraStorage, CassandraStorageArgs } from "../../../../components/index";
import { labels } from "../../../../components/objects/labels";
import { withApiServer } from "../../../support/apiServer";
import { callHook, only, record, warningsOf } from "../../../support/recorder";

const args: CassandraStorageArgs = {
  name: "cassandra",
  topology: "persistent",
  storage: "existing",
  storageClassName: "fast",
};

/** What was registered, and the class that claims would name. */
async function make(overrides: Partial<CassandraStorageArgs>) {
  let named: string | undefined;
  const all = await record(() => {
    const storage = new CassandraStorage("cassandra", { ...args, ...overrides });
    storage.storageClassName.apply((name) => (named = name));
  });
  return { all, named: () => named };
}

describe("CassandraStorage", () => {
  it("makes nothing of an existing class", async () => {
    const { all, named } = await make({});
    assert.deepEqual(
      all.map((resource) => resource.type),
      ["cassandra:index:CassandraStorage"],
    );
    assert.equal(named(), "fast");
  });

  it("warns of a class that does not exist, and of a cluster without a default one", async () => {
    const of = (name: string, isDefault?: string) => ({
      metadata: { name, annotations: isDefault && { "storageclass.kubernetes.io/is-default-class": isDefault } },
    });
    const warned = async (storageClassName: string, ...items: object[]) => {
      let said: string[] = [];
      await withApiServer({ "/apis/storage.k8s.io/v1/storageclasses": { items } }, async (kubeconfig) => {
        await make({ storageClassName, cluster: { kubeconfig } });
        said = await warningsOf(() => callHook("cassandra-class-exists", {}, { onDryRun: true }));
      });
      return said;
    };
    assert.deepEqual(await warned("fast", of("fast")), []);
    assert.deepEqual(await warned("", of("slow"), of("fast", "true")), []);
    assert.deepEqual(await warned("quick", of("slow"), of("fast", "true")), [
      'storageClassName: "quick": there is no such StorageClass, so PersistentVolumeClaims wait for volumes that somebody makes by hand; ' +
        "StorageClasses are slow, fast (default)",
    ]);
    assert.match(
      (await warned("", of("slow", "false")))[0],
      /^storageClassName: "": no StorageClass is the default one, .* are slow$/,
    );
  });

  it("leaves the class to the cluster when none is named", async () => {
    const { named } = await make({ storageClassName: "" });
    assert.equal(named(), undefined);
  });

  const classes: [CassandraStorageArgs["storage"], object][] = [
    [
      "minikube-hostpath",
      { provisioner: "k8s.io/minikube-hostpath", volumeBindingMode: "Immediate", allowVolumeExpansion: false },
    ],
    [
      "gce-pd",
      {
        provisioner: "pd.csi.storage.gke.io",
        parameters: { type: "pd-ssd" },
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
      },
    ],
    [
      "aws-ebs",
      {
        provisioner: "ebs.csi.aws.com",
        parameters: { type: "gp3" },
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
      },
    ],
    [
      "azure-disk",
      {
        provisioner: "disk.csi.azure.com",
        parameters: { skuName: "Premium_LRS" },
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: true,
      },
    ],
    [
      "local",
      {
        provisioner: "kubernetes.io/no-provisioner",
        volumeBindingMode: "WaitForFirstConsumer",
        allowVolumeExpansion: false,
      },
    ],
  ];
  for (const [storage, spec] of classes) {
    it(`makes the class of ${storage} under its fixed name`, async () => {
      const { all, named } = await make({ storage });
      const metadata = { name: "fast", labels: labels(args), annotations: { "cassandra/stack": "cassandra/test" } };
      const { apiVersion, kind, ...inputs } = only(all, "storage.k8s.io/v1:StorageClass").inputs;
      assert.deepEqual({ apiVersion, kind }, { apiVersion: "storage.k8s.io/v1", kind: "StorageClass" });
      assert.deepEqual(inputs, { metadata, reclaimPolicy: "Delete", ...spec });
      assert.equal(named(), "fast");
    });
  }

  it("stands below the parent that the caller gives, and its children below it", async () => {
    let urn = "";
    await record(() => {
      const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
      new CassandraStorage("cassandra", { ...args, storage: "gce-pd" }, { parent }).urn.apply((value) => (urn = value));
    });
    assert.match(urn, /::test:index:Parent\$cassandra:index:CassandraStorage::cassandra$/);
  });

  it("makes no class over one that is there, which would go with this stack", async () => {
    const fast = "/apis/storage.k8s.io/v1/storageclasses/fast";
    const create = (there: object | undefined, takesOver = false) =>
      withApiServer(there ? { [fast]: there } : {}, async (kubeconfig) => {
        await make({ storage: "gce-pd", takesOver, cluster: { kubeconfig } });
        const newInputs = { metadata: { name: "fast" } };
        await callHook("cassandra-class-is-no-others", { newInputs }, { onDryRun: true });
      });
    await create(undefined);
    const theirs = { provisioner: "theirs" };
    const others = /^storageClassName: "fast" is not allowed with storage: gce-pd.* of provisioner theirs.*existing/;
    for (const takesOver of [false, true]) {
      await assert.rejects(create(theirs, takesOver), ({ message }: Error) => {
        assert.match(message, others);
        return !message.includes("upsertExisting");
      });
      const annotations = { "cassandra/stack": "cassandra/other" };
      await assert.rejects(create({ ...theirs, metadata: { annotations, labels: labels(args) } }, takesOver), {
        message: /, and is that of stack cassandra\/other; .* to use it as it is$/,
      });
    }
    const own = [{ annotations: { "cassandra/stack": "cassandra/test" } }, { labels: labels(args) }];
    for (const metadata of own) {
      await assert.rejects(create({ ...theirs, metadata }), /is not in the state of this stack.*upsertExistingObjects/);
      await create({ ...theirs, metadata }, true);
    }
  });
});

import * as pulumi from "@pulumi/pulumi";

/** What `pulumi package add` would generate, in this language or another. */
class PersistentCluster extends pulumi.ComponentResource {
  declare readonly contactPoints: pulumi.Output<string[]>;
  declare readonly clientService: pulumi.Output<string>;
  declare readonly superuserSecret: pulumi.Output<string>;

  constructor(name: string, args: Record<string, unknown>) {
    const outputs: pulumi.Inputs = { contactPoints: undefined, clientService: undefined, superuserSecret: undefined };
    super("cassandra:index:PersistentCluster", name, Object.assign(outputs, args), {}, true);
  }
}

const config = new pulumi.Config();
/** What no compiler has looked at. */
const others = config.getObject<Record<string, unknown>>("args");
const secret = config.getSecretObject("secretYaml");
const ring = new PersistentCluster("orders", {
  name: "orders",
  namespace: "default",
  replicas: config.requireNumber("replicas"),
  image: config.require("image"),
  memory: "1Gi",
  cpu: "100m",
  maxHeapMiB: 512,
  clusterName: "orders",
  datacenter: "dc1",
  rack: "rack1",
  storageClassName: "growing",
  volumeSize: "1Gi",
  volumeRetention: "delete",
  ...(secret && { cassandraYaml: secret }),
  ...others,
});

export const { contactPoints, clientService, superuserSecret } = ring;

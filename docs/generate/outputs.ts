import { topologies } from "../../config/schema";
import { code, page, table } from "./markdown";

/** The stack's outputs, which index.ts exports. */
export const outputs: Record<string, { isSecret: boolean; value: string; meaning: string }> = {
  namespace: { isSecret: false, value: "text", meaning: "Namespace of everything that has one." },
  superuser: {
    isSecret: true,
    value: "`{<topology>: {username, password}}`",
    meaning:
      "For each topology whose clients log in, the role that may do everything. `pulumi stack output superuser --show-secrets` shows the password.",
  },
  usage: {
    isSecret: false,
    value: "`{<topology>: {…}}`",
    meaning: "For each topology, what a person or a client needs next: the fields below.",
  },
};

const ofCassandra = [
  "persistent",
  "ephemeral",
  "daemon",
  "pod",
] as const satisfies readonly (typeof topologies)[number][];

/** Fields of the output `usage`, as components/topologies/ringUsage.ts and components/cockroachdb/cockroachCluster.ts make them. */
export const usageFields: { name: string; topologies: string; meaning: string }[] = [
  {
    name: "contactPoints",
    topologies: ofCassandra.join(", "),
    meaning: "Host names that a driver connects to first.",
  },
  { name: "port", topologies: ofCassandra.join(", "), meaning: "Port of CQL." },
  {
    name: "localDatacenter",
    topologies: ofCassandra.join(", "),
    meaning: "Name of the data centre, which a driver is given as its local one.",
  },
  {
    name: "memberAddresses",
    topologies: "persistent",
    meaning:
      "With `memberService`: for each pod the address of its member, which drivers outside the Kubernetes cluster are given as contact points.",
  },
  {
    name: "loadBalancer",
    topologies: ofCassandra.join(", "),
    meaning: "Address of the load balancer, with `service` of type LoadBalancer.",
  },
  { name: "discoveryService", topologies: "all", meaning: "Headless Service by which members find each other." },
  {
    name: "clientService",
    topologies: ofCassandra.join(", "),
    meaning: "Service through which clients reach ready members.",
  },
  {
    name: "cqlsh",
    topologies: ofCassandra.join(", "),
    meaning: "Command line that opens cqlsh in a pod of the ring, logged in.",
  },
  {
    name: "superuserSecret",
    topologies: ofCassandra.join(", "),
    meaning: "Secret with the superuser's name and password. Missing with `auth: none`.",
  },
  {
    name: "tlsSecret",
    topologies: ofCassandra.join(", "),
    meaning: "Secret with the certificates. Missing with `tls: none`.",
  },
  {
    name: "caCertificate",
    topologies: ofCassandra.join(", "),
    meaning:
      "The authorities that clients trust, in PEM: `ca.crt` of that Secret, as the last update found it. Missing with `tls: none`, before " +
      "the first update has ended, and where the account may not read Secrets.",
  },
  {
    name: "nodetool",
    topologies: ofCassandra.join(", "),
    meaning: "Command line that runs `nodetool status` in a pod of the ring.",
  },
  { name: "publicService", topologies: "cockroachdb", meaning: "Service through which SQL clients reach ready nodes." },
  {
    name: "sql",
    topologies: "cockroachdb",
    meaning: "Command line that opens the SQL client in a pod of the cluster.",
  },
  {
    name: "adminUi",
    topologies: "cockroachdb",
    meaning: "Command line that makes the admin UI available on this machine.",
  },
];

export const outputsPage = () =>
  page(
    "Outputs",
    "docs/generate/outputs.ts",
    "Outputs of the stack, as `pulumi stack output` shows them and other stacks read them through a stack reference.",
    table(
      ["Output", "Value", "Secret", "Meaning"],
      Object.entries(outputs).map(([name, { value, isSecret, meaning }]) => [
        code(name),
        value,
        isSecret ? "yes" : "no",
        meaning,
      ]),
    ),
    "## Fields of `usage`",
    table(
      ["Field", "Topologies", "Meaning"],
      usageFields.map(({ name, topologies: which, meaning }) => [code(name), which, meaning]),
    ),
  );

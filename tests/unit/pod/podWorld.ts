/** What a pod finds around it. */
export interface World {
  /** Name of the pod; with ordinal where it has one. */
  pod: string;
  /** What the pod template sets beside the names of the ring. */
  env: Record<string, string>;
  /** The ring record; undefined means that the API server does not answer. */
  record?: Record<string, string>;
  /** Whether the API server refuses every request: it does not say why (1), no longer knows the pod (4), or does not accept its token (5). The lines of file `refusals`, which a test may write meanwhile, are those of the next requests. @default 0 */
  refusal?: number;
  /** Hosts that answer at the CQL port. */
  serving?: string[];
  /** Hosts that answer at the port of members. @default those that serve CQL */
  gossiping?: string[];
  /** Whether the pod's own Cassandra runs, whatever it answers. @default while it answers at the port of members */
  runs?: boolean;
  /** Addresses that DNS has for hosts; empty for a host that it does not know. @default 10.0.0.77 for each, and Cassandra finds the others by itself */
  addresses?: Record<string, string>;
  /** What the API server tells of pods without ordinals, a line each: `pod a 10.0.0.1 here`, `replicas 3`, `self leaving`, `successor yes`. */
  view?: string[];
  /** Load balancers of the pod's own Service, as its status lists them; null if there is no Service. @default none yet */
  balancers?: { ip?: string; hostname?: string }[] | null;
  /** Replicas that the set asks for. */
  replicas?: number;
  /** Whether the disk holds Cassandra's system tables. */
  data?: boolean;
  /** Files in the data folder, by name. */
  files?: Record<string, string>;
  /** Lines that Cassandra has written of its state. @default it is NORMAL; none where it is about to start */
  states?: string;
  /** Files of the pod's scratch folder. */
  scratch?: Record<string, string>;
  /** Whether there is a process in the place of Cassandra, which the script may end. */
  ends?: boolean;
  /** Further folders below the data folder. */
  folders?: string[];
  /** File or folder of the disk in which the pod's user may not write. @default none */
  foreign?: string;
  /** Version of the Cassandra in the image. @default its jars do not tell */
  version?: string;
  /** Shell code of that Cassandra, which then ends. */
  cassandra?: string;
  /** What is changed in the image's cassandra.yaml. */
  changes?: Record<string, unknown>;
  /** Body of the `nodetool` that the scripts find. */
  nodetool?: string;
  /** What the Secret of the superuser holds; without one nobody has to log in. */
  secret?: { username: string; password: string; known?: string };
  /** Files of the Secret with the certificates; without one nothing is encrypted. */
  tls?: Record<string, string>;
  /** Those that a running Cassandra was started with. @default the same */
  taken?: Record<string, string>;
  /** Shell code that runs each time the script sleeps, `naps` times so far. */
  nap?: string;
  /** Who can log in to the ring, with which password. */
  roles?: Record<string, string>;
  /** What cqlsh prints for statements that ask for something. */
  answer?: string;
  /** What cqlsh complains of, whatever it is to do. @default nothing */
  complaint?: string;
  /** Members that the others know: addresses by host IDs. @default those of the record; nobody answers where there is none */
  peers?: Record<string, string>;
  /** Shell code that runs each time the script has waited: how the world goes on meanwhile. */
  meanwhile?: string;
  /** How often the script waits for others before it is ended. @default once, and six times with `meanwhile` */
  waits?: number;
}

/** What a script did, until it ended or waited for the last time. */
export interface Outcome {
  /** Seeds and options that Cassandra was started with. */
  seeds?: string;
  options: string[];
  /** The address that Cassandra is started to tell its clients; undefined where the image's entry point chooses. */
  broadcast?: string;
  /** Arguments of post-start.sh. */
  startMode?: string;
  record: Record<string, string>;
  said: string;
  code: number;
  /** Whether the process in the place of Cassandra has ended. */
  hasEnded: boolean;
  /** Files of the data folder, by name, and whether the system tables are there. */
  files: Record<string, string>;
  data: boolean;
  /** Command lines of nodetool. */
  nodetool: string[];
  /** Password that the Secret says the ring knows. */
  known?: string;
  roles: Record<string, string>;
  /** What Cassandra finds as its key and chain, and as those that it trusts. */
  certificates: Record<"keystore" | "truststore", { content: string; mode: number }>;
  /** Temporary files that are left. */
  left: string[];
  /** Who ran which statements in cqlsh, with which arguments: `admin (-e x): SELECT 1;`. */
  cqlsh: string[];
  /** Which certificate cqlsh showed, of which key, and whom it trusted: `admin shows a, of b, and trusts c`. */
  tls: string[];
  /** The cassandra.yaml that Cassandra finds. */
  configuration: string[];
}

/** Shell code by which every member that owes a repair has ended it. */
export const allAreRepaired = `sed -i '/^repair\\./d' "$world/record"`;

/** What `nodetool describecluster` says of a ring that has Cassandra's own keyspaces alone, as a command. */
export const noKeyspaceOfUsers = "printf '\\tsystem -> Replication class: LocalStrategy {}\\n'";

export { type AdoptedTemplate } from "./adoption";
export { type CassandraPodArgs } from "./cassandraPod";
export { type Auth, CassandraRing, type CassandraRingArgs } from "./cassandraRing";
export { CassandraService, type CassandraServiceArgs } from "./cassandraService";
export { type ClusterChoice } from "./cluster";
export { type CertManager, type IssuerReference } from "./certificates";
export { CockroachCluster, type CockroachClusterArgs } from "./cockroachCluster";
export { type CockroachCertificates, type CockroachPodArgs } from "./cockroachPod";
export { DaemonCluster, type DaemonClusterArgs } from "./daemonCluster";
export { DataGuard, judgeRings, type RingFacts } from "./dataGuard";
export { EphemeralCluster, type EphemeralClusterArgs } from "./ephemeralCluster";
export { LocalVolumes, type LocalVolume, type LocalVolumesArgs } from "./localVolumes";
export { type Peer } from "./networkAccess";
export { PersistentCluster, type PersistentClusterArgs } from "./persistentCluster";
export { enforceLabel } from "./podSecurity";
export { SinglePod, type SinglePodArgs } from "./singlePod";
export {
  CassandraStorage,
  type CassandraStorageArgs,
  type Storage,
  storageClasses,
  type VolumeRetention,
} from "./storage";

export { type CassandraPodArgs } from "./cassandraPod";
export { CassandraService, type CassandraServiceArgs } from "./cassandraService";
export { PersistentCluster, type PersistentClusterArgs, type VolumeRetention } from "./persistentCluster";
export { CassandraStorage, type CassandraStorageArgs, type LocalVolume, type Storage } from "./storage";

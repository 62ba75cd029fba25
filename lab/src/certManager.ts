/** cert-manager, as far as it issues certificates by authorities in the cluster. Nothing checks or converts its objects: it has no webhook. */
import { Instance } from "./instance";
import { enter } from "./network";
import { apply, connect, objectsIn } from "./objects";
import { startProcess, until } from "./processes";
import { Programs } from "./toolchain";

/** Makes its kinds known, and starts its controllers once the API server serves them. */
export async function startCertManager(instance: Instance, programs: Programs): Promise<void> {
  const { CustomObjectsApi } = await import("@kubernetes/client-node");
  const connection = await connect(instance.kubeconfig);
  await apply(connection, await objectsIn(programs.certificateKinds!));
  const custom = connection.config.makeApiClient(CustomObjectsApi);
  const kinds = { group: "cert-manager.io", version: "v1" };
  const plurals = ["certificates", "certificaterequests", "issuers", "clusterissuers"];
  await until("the kinds of cert-manager", 30, async () => {
    const lists = plurals.map((plural) => custom.listClusterCustomObject({ ...kinds, plural }));
    return Promise.all(lists).then(
      () => true,
      () => false,
    );
  });
  const command = ["cert-manager", `--kubeconfig=${instance.kubeconfig}`];
  await startProcess(instance, "cert-manager", [...enter(instance, "network", "net"), ...command], programs.env);
}

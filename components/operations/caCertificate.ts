import * as pulumi from "@pulumi/pulumi";
import { isMocked } from "../engine/recorded";
import { KubernetesClient } from "../kubernetes/apiClient";
import type { KubeContext } from "../kubernetes/kubeconfig";

/**
 * What clients of an encrypted ring trust: the authorities in its Secret, in PEM. Each update reads them anew, with the client of the
 * guards: the provider would keep the whole Secret in the state, with its key.
 * @param secret name of the Secret, with `ca.crt`
 * @param after resolves once the ring is whole: cert-manager writes the Secret of a new ring while its pods wait
 * @returns undefined while there is no such Secret, and for an account that may not read it
 */
export function caCertificate(
  secret: string,
  namespace: pulumi.Input<string>,
  cluster: KubeContext,
  after: pulumi.Output<unknown>,
): pulumi.Output<string | undefined> {
  return pulumi.all([namespace, after]).apply(async ([of]) => {
    if (isMocked()) return undefined;
    const read = async () =>
      (await KubernetesClient.connect(cluster)).core.readNamespacedSecret({ name: secret, namespace: of });
    const found = await read().catch(() => undefined);
    const base64 = found?.data?.["ca.crt"];
    return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString();
  });
}

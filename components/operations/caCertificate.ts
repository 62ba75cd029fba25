import * as pulumi from "@pulumi/pulumi";
import { readForOutput } from "../engine/readForOutput";
import { KubernetesClient } from "../kubernetes/apiClient";
import { apiErrorKind } from "../kubernetes/apiErrors";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { decoded } from "./requiredSecrets";

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
  return pulumi.output(namespace).apply((of) =>
    readForOutput(`the authorities in Secret ${of}/${secret}`, after, async () => {
      const { core } = await KubernetesClient.connect(cluster);
      const found = await core.readNamespacedSecret({ name: secret, namespace: of }).catch((error: Error) => {
        if (!["absent", "forbidden"].includes(apiErrorKind(error))) throw error;
        return undefined;
      });
      const base64 = found?.data?.["ca.crt"];
      return base64 === undefined ? undefined : decoded(base64);
    }),
  );
}

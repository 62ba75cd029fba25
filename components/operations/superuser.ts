import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { KubeContext } from "../kubernetes/kubeconfig";
import { shapes } from "../args/shapes";
import { Identity, labels } from "../objects/labels";
import { afterItsVolumes } from "./garbageCollection";
import { decoded, readRequiredSecret, RequiredSecret } from "./requiredSecrets";

export interface SuperuserArgs extends Identity {
  namespace: pulumi.Input<string>;
  /** Name of the role: a letter, then letters, digits and underscores; not `cassandra`. */
  username: string;
  /** Its password, without quotes and spaces. @default 32 letters and digits, at random */
  password?: pulumi.Input<string>;
  /** Name of a Secret that somebody else makes, whose key `password` is the password. @default `password` */
  secret?: string;
  /** Whether the members' disks outlive the stack. Then the Secret does as well, and is named `<ring>-superuser`. */
  outlivesStack: boolean;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

/**
 * The superuser of a ring, in a Secret: `username` and `password`. The pods create the role in the ring (`pod/superuser.py`), and write the
 * password that the ring has to the key `known`. They log in with it to set another one.
 */
export class Superuser extends pulumi.ComponentResource {
  readonly username: string;
  /** A secret. */
  readonly password: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;

  constructor(name: string, args: SuperuserArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:Superuser", name, {}, opts);
    this.username = args.username;
    // An update that leaves a new ring out (`--target`) makes no password, and nothing that needs the password.
    const made = (result: string | undefined) => result ?? "";
    this.password = pulumi.secret(
      args.secret === undefined
        ? (args.password ??
            new RandomPassword(name, { length: 32, special: false }, { parent: this }).result.apply(made))
        : passwordIn(args.secret, args.namespace, args.cluster),
    );

    const metadata = { namespace: args.namespace, labels: labels(args) };
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const data = { username: base64(args.username), password: this.password.apply(base64) };
    const kept = `${args.name}-superuser`;
    // If the data is deleted with the stack, so is the Secret. It is created empty: the provider replaces a Secret whose data changes, and
    // with it every pod that names it.
    const objectName = args.outlivesStack
      ? kept
      : new k8s.core.v1.Secret(name, { metadata }, { parent: this }).metadata.name;
    // A patch, as for the ring record: it takes over the Secret that an earlier `destroy` has left, and keeps `known`.
    const secret = new k8s.core.v1.SecretPatch(
      name,
      { metadata: { ...metadata, name: objectName, annotations: { "pulumi.com/patchForce": "true" } }, data },
      {
        parent: this,
        retainOnDelete: true,
        hooks: args.outlivesStack ? { beforeCreate: [afterItsVolumes(name, "Secret", kept, args.cluster)] } : {},
      },
    );
    this.secretName = secret.metadata.name;
    this.registerOutputs({ username: this.username, password: this.password, secretName: this.secretName });
  }
}

/** The Secret with a superuser's password that somebody else makes. */
export function superuserSecret(secretName: string): RequiredSecret {
  const { is, allowed } = shapes.superuserPassword;
  const problem = ({ password }: Record<string, string>) =>
    is(decoded(password)) ? undefined : "its password is not allowed";
  return { key: "superuserSecret", secretName, files: ["password"], form: allowed, problem };
}

/** The password in a Secret. */
function passwordIn(
  secret: string,
  namespace: pulumi.Input<string>,
  cluster: KubeContext | undefined,
): pulumi.Output<string> {
  return pulumi
    .output(namespace)
    .apply(async (of) => decoded((await readRequiredSecret(superuserSecret(secret), of, cluster)).password));
}

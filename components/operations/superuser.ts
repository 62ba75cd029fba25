import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, ClusterChoice, explain, isReady } from "../kubernetes/apiClient";
import { Identity, labels } from "../objects/labels";
import { afterItsVolumes } from "./garbageCollection";

export interface SuperuserArgs extends Identity {
  namespace: pulumi.Input<string>;
  /** Name of the role: a letter, then letters, digits and underscores; not `cassandra`. */
  username: string;
  /** Its password, without quotes and spaces. @default 32 letters and digits, at random */
  password?: pulumi.Input<string>;
  /** Whether the members' disks outlive the stack: the Secret then does as well, and is named `<ring>-superuser`. */
  outlivesStack: boolean;
  /** The cluster that it is in. @default that of the default provider */
  cluster?: ClusterChoice;
}

/**
 * The role of a ring that may do everything, in a Secret: `username` and `password`. The pods make it in the ring (`superuser.py` in
 * `pod/`), and keep in `known` what password the ring has, with which they set another one.
 */
export class Superuser extends pulumi.ComponentResource {
  readonly username: string;
  /** A secret. */
  readonly password: pulumi.Output<string>;
  readonly secretName: pulumi.Output<string>;

  constructor(name: string, args: SuperuserArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:Superuser", name, {}, opts);
    this.username = args.username;
    // An update that is told to leave a new ring alone (`--target`) makes no password, and nothing of what is made with it.
    const made = (result: string | undefined) => result ?? "";
    this.password = pulumi.secret(
      args.password ?? new RandomPassword(name, { length: 32, special: false }, { parent: this }).result.apply(made),
    );

    const metadata = { namespace: args.namespace, labels: labels(args) };
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    const data = { username: base64(args.username), password: this.password.apply(base64) };
    const kept = `${args.name}-superuser`;
    // Where the rows go with the stack, so does the Secret. It is empty: its provider replaces one whose data changes, and with
    // it every pod that names it.
    const objectName = args.outlivesStack
      ? kept
      : new k8s.core.v1.Secret(name, { metadata }, { parent: this }).metadata.name;
    // A patch, for the reasons of the ring record: what an earlier `destroy` left is taken over, and `known` stays.
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

export interface PasswordChangeArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Labels of its pods. */
  selector: Record<string, string>;
  superuser: Superuser;
  /** Name of the ConfigMap that holds the ring record. */
  record: pulumi.Input<string>;
  /** The cluster that they are in. @default that of the default provider */
  cluster?: ClusterChoice;
  /** Minutes within which the members must have set the password of a new ring; they need seconds. @default 5 */
  timeoutMinutes?: number;
}

interface State {
  namespace: string;
  secret: string;
  record: string;
}

/**
 * Waits until a new ring knows its superuser, and has a running one take a password that has changed. It is a resource of Pulumi's
 * state alone, which remembers what the ring was told last: an update that fails in it owes it, and does it the next time.
 */
export class PasswordChange extends pulumi.ComponentResource {
  constructor(name: string, args: PasswordChangeArgs, opts: pulumi.ComponentResourceOptions) {
    const isDryRun = pulumi.runtime.isDryRun();
    const whose = `the password of ${args.superuser.username}`;
    const tell = (line: string) => pulumi.log.info(`${args.name}: ${line}`, opts.parent);
    const wait = new pulumi.ResourceHook(`${name}-password-is-known`, ({ newInputs }) =>
      isKnown(args, newInputs as State).catch((error: Error) => {
        throw new Error(`ring ${args.name}: ${explain(error)}`);
      }),
    );
    const change = new pulumi.ResourceHook(
      `${name}-password-change`,
      async ({ newInputs }) => {
        if (isDryRun) {
          await tell(`${whose} changes: sessions go on, new ones need the new password`);
          return;
        }
        await changePassword(args, (newInputs as State).namespace);
        await tell(`${whose} has changed`);
      },
      { onDryRun: true },
    );
    const { namespace, superuser, record } = args;
    // Of one that the user chose, even a digest tells something.
    const revision = pulumi.secret(
      superuser.password.apply((password) => createHash("sha256").update(password).digest("hex")),
    );
    super(
      "cassandra:index:PasswordChange",
      name,
      { namespace, secret: superuser.secretName, record, revision },
      { ...opts, hooks: { beforeCreate: [wait], beforeUpdate: [change] } },
    );
    this.registerOutputs({});
  }
}

/** Seconds within which all members have forgotten the old password, at Cassandra's `credentials_validity` of two. */
const belief = 3;

/** The pods read the Secret themselves: no password goes through the command. */
async function changePassword({ name, selector, cluster }: PasswordChangeArgs, namespace: string): Promise<void> {
  const connection = await Cluster.connect(cluster);
  const member = (await connection.pods(namespace, selector)).find(isReady);
  if (!member) {
    throw new Error(
      `ring ${name}: none of its members serves, to be told the new password; run \`pulumi up\` again when one does`,
    );
  }
  // Pods of an earlier template have the script under its earlier name.
  const script = "exec $(ls /ring/set-superuser-password.sh 2>/dev/null || echo /ring/superuser.sh)";
  await connection.exec({ namespace, pod: member.metadata!.name! }, ["sh", "-c", script]);
  await sleep(belief * 1000);
}

/** The first member serves a moment before it has made the superuser, and one on a kept volume before it has set the new password. */
async function isKnown(args: PasswordChangeArgs, { namespace, secret, record }: State): Promise<void> {
  const { cluster, timeoutMinutes = 5, superuser } = args;
  const { core } = await Cluster.connect(cluster);
  for (let i = 0; i < timeoutMinutes * 60; i++) {
    const { data: { known, password } = {} } = await core.readNamespacedSecret({ name: secret, namespace });
    if (known === password) return;
    // Pods that are simulated put no host ID and address on record.
    const { data = {} } = await core.readNamespacedConfigMap({ name: record, namespace });
    if (!Object.values(data).some((entry) => entry.includes(" "))) return;
    await sleep(1000);
  }
  const said = await complaintOf(args, namespace);
  throw new Error(
    `its members have not set the password of Secret ${secret} within ${timeoutMinutes} minutes` +
      (said ? `; ${said}` : "; `kubectl logs` of them says why") +
      `. If ${superuser.username} has another password, as on volumes whose Secret was deleted, say which, and run \`pulumi up\` ` +
      "again: `pulumi config set --secret superuserPassword`, or write it to key `known` of the Secret, from which the members set " +
      `the new one: \`kubectl patch secret -n ${namespace} ${secret} -p '{"stringData":{"known":"..."}}'\``,
  );
}

/** What a member says last of the superuser; undefined when none says anything, or its log cannot be read. */
async function complaintOf({ selector, cluster }: PasswordChangeArgs, namespace: string): Promise<string | undefined> {
  const connection = await Cluster.connect(cluster);
  const pods = await connection.pods(namespace, selector).catch(() => []);
  for (const { metadata } of pods) {
    const pod = { name: metadata!.name!, namespace, container: "cassandra", tailLines: 1000 };
    const log = await connection.core.readNamespacedPodLog(pod).catch(() => "");
    // As `wait_for` in system.py writes the line.
    const line = [...log.matchAll(/ ring: waiting: the superuser: (.*)$/gm)].at(-1)?.[1];
    if (line) return `${pod.name} says: ${line}`;
  }
  return undefined;
}

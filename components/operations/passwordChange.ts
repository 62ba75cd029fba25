import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { OwedStep } from "../engine/owedStep";
import { ProgressReporter, progressReporter } from "../engine/progressReporter";
import { rolesKey } from "../cassandra/recordedRoles";
import { lastLogLine } from "../cassandra/podLog";
import { KubeContext } from "../kubernetes/kubeconfig";
import { KubernetesClient } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import { takesRequests } from "../kubernetes/podState";
import { Superuser } from "./superuser";

export interface PasswordChangeArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Labels of its pods. */
  selector: Record<string, string>;
  superuser: Superuser;
  /** Name of the ConfigMap that holds the ring record. */
  record: pulumi.Input<string>;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
  /** Minutes within which the members must have set the password of a new ring; they need seconds. @default 5 */
  timeoutMinutes?: number;
}

interface Goal {
  namespace: string;
  secret: string;
  record: string;
}

interface Plan extends Goal {
  /** Whether the ring is new to the state: its members set the password themselves. */
  isNew: boolean;
}

/**
 * Waits until a new ring has its superuser, and changes the password in a running ring. The state remembers a digest of the password that
 * was set last.
 */
export class PasswordChange extends OwedStep<Goal, Plan> {
  private readonly report: ProgressReporter;
  private readonly what: string;

  constructor(
    name: string,
    private readonly args: PasswordChangeArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { namespace, superuser, record } = args;
    // The digest is a secret as well: it tells something about a password that a person chose.
    const revision = pulumi.secret(
      superuser.password.apply((password) => createHash("sha256").update(password).digest("hex")),
    );
    const goal = { namespace, secret: superuser.secretName, record, revision };
    super("cassandra:index:PasswordChange", name, { hook: `${name}-password-change`, goal, dueOnCreate: true }, opts);
    this.report = progressReporter(args.name, opts.parent);
    this.what = `the password of ${superuser.username}`;
    this.registerOutputs({});
  }

  protected override plan(was: Goal | undefined, wanted: Goal): Plan {
    return { ...wanted, isNew: was === undefined };
  }

  protected override async preview({ isNew }: Plan): Promise<void> {
    if (!isNew) await this.report(`${this.what} changes: sessions go on, new ones need the new password`, true);
  }

  protected override async act(plan: Plan): Promise<void> {
    if (plan.isNew) {
      await waitUntilPasswordIsSet(this.args, plan).catch((error: Error) => {
        throw new Error(`ring ${this.args.name}: ${errorMessage(error)}`);
      });
      return;
    }
    await changePassword(this.args, plan.namespace);
    await this.report(`${this.what} has changed`, true);
  }
}

/** Seconds after which no member accepts the old password from its cache: Cassandra's `credentials_validity` is two seconds. */
export const credentialCacheSeconds = 3;

/** The pods read the Secret themselves, so that no password is part of the command. */
async function changePassword({ name, selector, cluster }: PasswordChangeArgs, namespace: string): Promise<void> {
  const connection = await KubernetesClient.connect(cluster);
  const member = (await connection.pods(namespace, selector)).find(takesRequests);
  if (!member) {
    throw new Error(
      `ring ${name}: no member serves that could set the new password. Run \`pulumi up\` again once a member serves`,
    );
  }
  // Pods of an earlier template have the script under its earlier name.
  const script = "exec $(ls /ring/set-superuser-password.sh 2>/dev/null || echo /ring/superuser.sh)";
  await connection.exec({ namespace, pod: member.metadata!.name! }, ["sh", "-c", script]);
  await sleep(credentialCacheSeconds * 1000);
}

/** The first member serves a moment before it has made the superuser, and one on a kept volume before it has set the new password. */
async function waitUntilPasswordIsSet(args: PasswordChangeArgs, { namespace, secret, record }: Goal): Promise<void> {
  const { cluster, timeoutMinutes = 5, superuser } = args;
  const { core } = await KubernetesClient.connect(cluster);
  for (let i = 0; i < timeoutMinutes * 60; i++) {
    const { data: { known, password } = {} } = await core.readNamespacedSecret({ name: secret, namespace });
    if (known === password) return;
    // Simulated pods write no host ID and address into the ring record.
    const { data = {} } = await core.readNamespacedConfigMap({ name: record, namespace });
    if (!Object.entries(data).some(([key, entry]) => key !== rolesKey && entry.includes(" "))) return;
    await sleep(1000);
  }
  const said = await complaintOf(args, namespace);
  throw new Error(
    `its members have not set the password of Secret ${secret} within ${timeoutMinutes} minutes` +
      (said ? `; ${said}` : `; \`kubectl logs -n ${namespace} POD\` of each says why`) +
      `. If ${superuser.username} has another password in the ring, as on volumes whose Secret was deleted, give that one and run ` +
      "`pulumi up` again: set it as superuserPassword (`pulumi config set --secret superuserPassword`), or write it to key `known` of " +
      "the Secret, with which the members then set the new one: " +
      `\`kubectl patch secret -n ${namespace} ${secret} -p '{"stringData":{"known":"..."}}'\``,
  );
}

/** The last line of a member about the superuser; undefined if there is none, or no log can be read. */
async function complaintOf({ selector, cluster }: PasswordChangeArgs, namespace: string): Promise<string | undefined> {
  const connection = await KubernetesClient.connect(cluster);
  const pods = await connection.pods(namespace, selector).catch(() => []);
  for (const { metadata } of pods) {
    const pod = metadata!.name!;
    // As `wait_for` in system.py writes the line.
    const line = await lastLogLine(connection.core, { pod, namespace }, / ring: waiting: the superuser: (.*)$/gm);
    if (line) return `${pod} says: ${line}`;
  }
  return undefined;
}

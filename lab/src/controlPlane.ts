/** etcd, API server, controller manager and scheduler, on the control plane's address in the lab's network. */
import { mkdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { inUrl } from "./addresses";
import { Instance } from "./instance";
import { enter, Network, ofEach } from "./network";
import { authority, issue, kubeconfig } from "./pki";
import { startProcess, until } from "./processes";
import { Programs } from "./toolchain";

export const controlPlaneProcesses = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

export function apiServer(network: Network): string {
  return `https://${inUrl(network.controlPlane)}:6443`;
}

/** Starts the control plane on the state that the instance has, and waits until the API server is ready. */
export async function startControlPlane(instance: Instance, network: Network, programs: Programs): Promise<void> {
  const server = apiServer(network);
  const ca = await authority(instance);
  const [serving, kubeletClient, controllerConfig, schedulerConfig] = await Promise.all([
    issue(instance, "kube-apiserver", { name: "kube-apiserver", addresses: serverNames(network) }),
    issue(instance, "kubelet-client", { name: "kube-apiserver-kubelet-client", group: "system:masters" }),
    kubeconfig(instance, "controller-manager.json", server, { name: "system:kube-controller-manager" }),
    kubeconfig(instance, "scheduler-client.json", server, { name: "system:kube-scheduler" }),
    kubeconfig(instance, "kubeconfig", server, { name: "admin", group: "system:masters" }),
  ]);
  const start = (name: string, ...args: string[]) =>
    startProcess(instance, name, [...enter(instance, "network", "net"), name, ...args], programs.env);

  mkdirSync(instance.path("etcd"), { recursive: true, mode: 0o700 });
  // The state outlives a killed process, since the kernel keeps what was written; it need not outlive the host's crash.
  await start("etcd", `--data-dir=${instance.path("etcd")}`, "--unsafe-no-fsync", "--logger=zap");
  await start(
    "kube-apiserver",
    "--etcd-servers=http://127.0.0.1:2379",
    `--bind-address=${network.controlPlane}`,
    `--advertise-address=${network.controlPlane}`,
    `--tls-cert-file=${serving.crt}`,
    `--tls-private-key-file=${serving.key}`,
    `--client-ca-file=${ca.crt}`,
    `--authentication-config=${instance.write("authentication.json", authentication)}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    // Watches that begin with a list need etcd 3.4.31. With an older one they fail, and KWOK has no other way. Tests stand in for
    // platforms that set fields of pods by a MutatingAdmissionPolicy, which Kubernetes 1.34 has as beta.
    "--feature-gates=WatchList=false,MutatingAdmissionPolicy=true",
    "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
    `--service-cluster-ip-range=${ofEach(network, ({ serviceRange }) => serviceRange)}`,
    `--service-account-issuer=https://${serverName(network)}`,
    `--service-account-key-file=${ca.tokenPublicKey}`,
    `--service-account-signing-key-file=${ca.tokenKey}`,
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-certificate-authority=${ca.crt}`,
    `--kubelet-client-certificate=${kubeletClient.crt}`,
    `--kubelet-client-key=${kubeletClient.key}`,
  );
  const needs = { instance, names: ["etcd", "kube-apiserver"] };
  await until("the API server", 120, () => apiServerReady(instance, network), needs);
  await start(
    "kube-controller-manager",
    `--kubeconfig=${controllerConfig}`,
    "--leader-elect=false",
    "--use-service-account-credentials=true",
    `--service-account-private-key-file=${ca.tokenKey}`,
    `--root-ca-file=${ca.crt}`,
    `--cluster-signing-cert-file=${ca.crt}`,
    `--cluster-signing-key-file=${ca.key}`,
    `--cluster-cidr=${ofEach(network, ({ podRange }) => podRange)}`,
    "--allocate-node-cidrs=false",
    `--flex-volume-plugin-dir=${instance.path("volume-plugins")}`,
    // The default of 20 requests a second is for clusters whose controllers share a loaded API server.
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  );
  await start(
    "kube-scheduler",
    `--config=${instance.write("scheduler.json", schedulerSettings(schedulerConfig))}`,
    // A claim that is bound while its pod is being looked at can be missed: seen once in some twenty sets. The scheduler
    // itself looks at such pods again, but after five minutes only.
    "--pod-max-in-unschedulable-pods-duration=10s",
  );
}

/** Whether the API server says that it is ready; anyone may ask. */
export function apiServerReady(instance: Instance, network: Network): Promise<boolean> {
  return new Promise((done) => {
    const agent = new Agent({ ca: readFileSync(instance.path("pki", "ca.crt")) });
    const call = request(`${apiServer(network)}/readyz`, { agent, timeout: 2000 }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => done(false));
    call.end();
  });
}

const serverName = ({ dnsDomain }: Network) => `kubernetes.default.svc.${dnsDomain}`;

function serverNames(network: Network): string[] {
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", serverName(network)];
  const { apiService, controlPlane } = network;
  return [...names.map((name) => `DNS:${name}`), `IP:${apiService}`, `IP:${controlPlane}`];
}

/** Nobody without a certificate or a token sees more than whether the API server is well. */
const authentication = {
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "AuthenticationConfiguration",
  anonymous: { enabled: true, conditions: ["/livez", "/readyz", "/healthz"].map((path) => ({ path })) },
};

function schedulerSettings(client: string): object {
  return {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    clientConnection: { kubeconfig: client, qps: 200, burst: 400 },
    leaderElection: { leaderElect: false },
    podMaxBackoffSeconds: 2,
  };
}

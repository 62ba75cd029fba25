/** The namespaces of a node, and its connection to the lab's network. */
import { onDevice } from "./addresses";
import { Instance } from "./instance";
import { configure, Network, nodeNumbers, toBalancers } from "./network";
import { home } from "./nodeConfig";
import { startHolder } from "./processes";

/**
 * Makes them, held by the process `name`.
 * @returns the process's id
 */
export async function startNamespaces(
  instance: Instance,
  network: Network,
  name: string,
  number: number,
): Promise<number> {
  const node = `node${number}`;
  const script = ["unshare", "--net", "--mount", "--propagation=private", "sh", "-c", namespaces, instance.dir];
  const pid = await startHolder(instance, name, script);
  await configure(instance, "network", [
    `link add ${node} type veth peer name eth0 address ${network.hardware(number)} netns ${pid}`,
    `link set ${node} master nodes up`,
  ]);
  const others = nodeNumbers.filter((other) => other !== number);
  await configure(instance, name, [
    "link set lo up",
    "link set eth0 up",
    ...network.plans.flatMap((plan) => [
      onDevice(plan, plan.node(number), "eth0"),
      // Service addresses are replaced on the way out, but only after a route for them has been found.
      `route add ${plan.serviceRange} via ${plan.controlPlane}`,
      ...others.map((other) => `route add ${plan.pods(other)} via ${plan.node(other)}`),
    ]),
    ...toBalancers(network, ({ controlPlane }) => controlPlane),
  ]);
  return pid;
}

/**
 * A node's own view of the file system: an empty /run, a /var whose changes stay in memory, and the instance's folder
 * at a short path and at its own. The kernel settings that a kubelet insists on are files that nobody else reads: the
 * host keeps its own.
 */
const namespaces = `
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p ${home} /run/netns /run/settings /run/var /run/var.work
mount --bind "$0" ${home}
mount -t overlay -o lowerdir=/var,upperdir=/run/var,workdir=/run/var.work overlay /var
mkdir -p "$0"
mount --bind ${home} "$0"
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
  kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  mkdir -p "/run/settings/$setting"
  cat "/proc/sys/$setting" > "/run/settings/$setting/value"
  mount --bind "/run/settings/$setting/value" "/proc/sys/$setting"
done
mount --make-rshared /
for forwarding in /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding; do
  ! [ -e "$forwarding" ] || echo 1 > "$forwarding"
done
exec sleep infinity
`;

/** A small service mesh: an admission policy that adds a proxy to pods as the webhooks of meshes do, and the proxy. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CASSANDRA_IMAGE } from "../../lab/src/images";
import type { Lab } from "../../lab/src/lab";
import { debianTools } from "../../lab/src/packages";

/** Annotation of pods whose proxy Istio makes a native sidecar. */
export const nativeSidecar = "sidecar.istio.io/nativeSidecar";

/** User of the proxy, whose own connections are not redirected. */
const user = 1337;

/** Redirects every TCP connection of a pod to its proxy, but for those within the pod. */
const rules = `table ip mesh {
  chain inbound { type nat hook prerouting priority dstnat; iifname "lo" return; meta l4proto tcp redirect to :15006; }
  chain outbound { type nat hook output priority -100; oifname "lo" return; meta skuid ${user} return; meta l4proto tcp redirect to :15001; }
}
`;

/** Accepts every connection at once, and only then connects to where it was to go; ends at once when it is asked to. */
const proxy = `
import asyncio, os, signal, socket, struct, sys, time

PORTS = (15001, 15006)

async def pump(reader, writer):
    try:
        while True:
            data = await reader.read(65536)
            if not data:
                return writer.write_eof()
            writer.write(data)
            await writer.drain()
    except OSError:
        writer.close()

async def serve(reader, writer):
    meant = writer.get_extra_info("socket").getsockopt(socket.SOL_IP, 80, 16)
    host, port = socket.inet_ntoa(meant[4:8]), struct.unpack("!H", meant[2:4])[0]
    # Nobody redirected this one: it was meant for the proxy, which would connect to itself for ever.
    if port in PORTS:
        return writer.close()
    try:
        there, back = await asyncio.open_connection(host, port)
    except OSError:
        return writer.close()
    await asyncio.gather(pump(reader, back), pump(there, writer))
    for one in (writer, back):
        one.close()

async def main():
    for port in PORTS:
        await asyncio.start_server(serve, "0.0.0.0", port, backlog=1000)
    await asyncio.Event().wait()

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
time.sleep(float(sys.argv[1]))
asyncio.run(main())
`;

/** Puts what the mesh's containers run on a disk that all nodes see. @returns its path in the nodes */
export async function meshDisk(lab: Lab): Promise<string> {
  const seen = lab.makeDisk(1, "mesh");
  const folder = path.join(lab.bin, "../node1/disks/mesh");
  const tools = await debianTools();
  const searched = [...(process.env.PATH ?? "").split(":"), ...tools.path].map((one) => path.join(one, "nft"));
  const nft = searched.find((file) => fs.existsSync(file))!;
  const env = { ...process.env, LD_LIBRARY_PATH: tools.libraryPath.join(":") };
  const libraries = execFileSync("ldd", [nft], { env, encoding: "utf8" }).match(/\/\S+/g) ?? [];
  for (const file of [nft, ...libraries]) fs.copyFileSync(file, path.join(folder, path.basename(file)));
  fs.writeFileSync(path.join(folder, "rules"), rules);
  fs.writeFileSync(path.join(folder, "proxy.py"), proxy);
  return seen;
}

/**
 * Adds the mesh's containers to pods of Cassandra that are made from now on: `istio-proxy` as a native sidecar where the pod has Istio's
 * annotation for that, else among the containers.
 * @param disk of `meshDisk`
 * @param late seconds after which a proxy among the containers begins; it is also added to pods with the annotation then
 */
export async function installMesh(lab: Lab, disk: string, late = 0): Promise<void> {
  const annotation = `object.metadata.?annotations['${nativeSidecar}'].orValue('') == 'true'`;
  const kinds = late > 0 ? { classic: "true", native: "false" } : { classic: `!(${annotation})`, native: annotation };
  const items = Object.entries(kinds).flatMap(([kind, expression]) => policy(kind, expression, disk, late));
  await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
  // The API server takes a moment to know new policies, and knows one of them before the other.
  const trial = async (...more: string[]) => {
    const options = ["--image=x", "--labels=app=cassandra", ...more, "--dry-run=server", "-o", "json"];
    return (await lab.kubectl(["run", "trial", ...options])).match(/proxy\.py \d+/g)?.join();
  };
  const isKnown = async () =>
    (await trial()) === `proxy.py ${late}` &&
    (await trial(`--annotations=${nativeSidecar}=true`)) === `proxy.py ${late}`;
  while (!(await isKnown())) await sleep(500);
}

function policy(kind: string, expression: string, disk: string, late: number): object[] {
  const version = "admissionregistration.k8s.io/v1beta1";
  const container = (list: string, name: string, shell: string, context: string, more = "") =>
    `Object.spec.${list}{name: '${name}', image: '${CASSANDRA_IMAGE}', command: ['sh', '-c', '${shell}'], ` +
    `securityContext: Object.spec.${list}.securityContext{runAsNonRoot: false, ${context}}, ` +
    `volumeMounts: [Object.spec.${list}.volumeMounts{name: 'mesh', mountPath: '/mesh', readOnly: true}]${more}}`;
  const init = container(
    "initContainers",
    "istio-init",
    "/mesh/ld-linux-*.so.2 --library-path /mesh /mesh/nft -f /mesh/rules",
    "runAsUser: 0, capabilities: Object.spec.initContainers.securityContext.capabilities{add: ['NET_ADMIN']}",
  );
  const begins = `exec python3 /mesh/proxy.py ${late}`;
  const ready =
    "startupProbe: Object.spec.initContainers.startupProbe{periodSeconds: 1, failureThreshold: 60, exec: Object.spec.initContainers.startupProbe.exec{command: ['bash', '-c', ': </dev/tcp/127.0.0.1/15006']}}";
  const native = container(
    "initContainers",
    "istio-proxy",
    begins,
    `runAsUser: ${user}`,
    `, restartPolicy: 'Always', ${ready}`,
  );
  const classic = container("containers", "istio-proxy", begins, `runAsUser: ${user}`);
  const volume = `Object.spec.volumes{name: 'mesh', hostPath: Object.spec.volumes.hostPath{path: '${disk}'}}`;
  const added: Record<string, string[]> =
    kind === "native"
      ? { initContainers: [init, native], volumes: [volume] }
      : { initContainers: [init], containers: [classic], volumes: [volume] };
  const name = `mesh-${kind}`;
  return [
    {
      apiVersion: version,
      kind: "MutatingAdmissionPolicy",
      metadata: { name },
      spec: {
        matchConstraints: {
          objectSelector: { matchLabels: { app: "cassandra" } },
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        matchConditions: [{ name: "kind", expression }],
        // An apply configuration may not set lists that are atomic, such as a command.
        mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: appended(added) } }],
      },
    },
    { apiVersion: version, kind: "MutatingAdmissionPolicyBinding", metadata: { name }, spec: { policyName: name } },
  ];
}

/** JSON patch, in CEL, that appends values to lists of a pod's spec. A patch cannot append to a list that the pod does not have. */
function appended(lists: Record<string, string[]>): string {
  const add = (path: string, value: string) => `JSONPatch{op: 'add', path: '/spec/${path}', value: ${value}}`;
  return Object.entries(lists)
    .map(([list, values]) => {
      const made = `(has(object.spec.${list}) ? [] : [${add(list, "[]")}])`;
      return `${made} + [${values.map((value) => add(`${list}/-`, value)).join(", ")}]`;
    })
    .join(" + ");
}

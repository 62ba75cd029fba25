import type { World } from "./podWorld";

/** Some lines of the image's cassandra.yaml. */
export const imageConfiguration = `cluster_name: 'Test Cluster'
commitlog_sync: periodic
commitlog_sync_period: 10000ms
# commitlog_sync_group_window: 1000ms
seed_provider:
  # Addresses of members.
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:7000"

data_file_directories:
- /var/lib/cassandra/data
authenticator:
  class_name : AllowAllAuthenticator
# of another authenticator
#  parameters :
authorizer: AllowAllAuthorizer
`;

/** Replaces the answers of other members by files. Appended to port_answers.py. */
const portStubs = `
import system


def answers(host, port):
    return host in " ".join(system.lines_of("open.%d" % port)).split()


def answers_cql(host):
    return answers(host, CQL_PORT)


def answers_internode(host):
    return answers(host, INTERNODE_PORT)


def is_silent(host):
    return not answers(host, INTERNODE_PORT)
`;

/** Replaces what the scripts see of the world beside its processes: DNS, the clock, Cassandra. Appended to system.py. */
const systemStubs = (world: World) => `
import threading

world, counts = SCRIPTS, threading.local()


def lines_of(name):
    try:
        with open(os.path.join(world, name)) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def cassandra_runs():
    return ${world.runs === undefined ? 'ADDRESS in " ".join(lines_of("open.7000")).split()' : world.runs ? "True" : "False"}


def addresses(host):
    known = ${JSON.stringify(world.addresses ?? {})}.get(host, "10.0.0.77")
    return [known] if known else []


def bash(code, **variables):
    subprocess.run(["bash", "-c", code], env=dict(os.environ, world=world, **variables), check=True)


def sleep(seconds):
    counts.naps = getattr(counts, "naps", 0) + 1
    if counts.naps >= 40:
        raise SystemExit(98)
    time.sleep(0.02)  # commands that run beside it get on meanwhile
    nap = ${JSON.stringify(world.nap ?? "")}
    if nap:
        bash(nap, naps=str(counts.naps))


def wait_for(*words):
    said = "waiting: " + " ".join(str(word) for word in words)
    if said != getattr(counts, "said", ""):
        say(said)
    counts.said, counts.waits = said, getattr(counts, "waits", 0) + 1
    if counts.waits >= ${world.waits ?? (world.meanwhile ? 6 : 1)}:
        raise SystemExit(99)
    meanwhile = ${JSON.stringify(world.meanwhile ?? "")}
    if meanwhile:
        bash(meanwhile)
`;

/** Python code that raises what the API server's refusal raises, at the beginning of each stub that asks it. */
const answer = ({ refusal = 0 }: World) => `
import system
from kubernetes_api import Conflict, NoAnswer, Unauthorized, UnknownPod


def next_refusal():
    refusals = os.path.join(system.world, "refusals")
    if not os.path.exists(refusals):
        return ${refusal}
    first, *rest = system.lines_of("refusals") or ["${refusal}"]
    with open(refusals, "w") as file:
        file.writelines(line + "\\n" for line in rest)
    return int(first)


def answer():
    refusal = next_refusal()
    if refusal:
        raise {4: UnknownPod, 5: Unauthorized}.get(refusal, NoAnswer)("refused")
`;

/** Replaces the ConfigMap of the ring record by files. Appended to ring_record.py. */
const recordStubs = (world: World) => `
import fcntl
${answer(world)}

def read():
    answer()
    if not os.path.exists(os.path.join(system.world, "record")):
        raise NoAnswer("no record")
    return system.lines_of("version")[0], dict(line.split("=", 1) for line in system.lines_of("record"))


def change(version, entries):
    # One at a time and whole, as the API server writes: the threads of a script and its processes share these files.
    with open(os.path.join(system.world, "record.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        now, there = read()
        if now != version:
            raise Conflict("somebody wrote first")
        there.update(entries)
        put("record", "".join("%s=%s\\n" % entry for entry in there.items() if entry[1] is not None))
        put("version", "%d\\n" % (int(now) + 1))


def put(name, text):
    path = os.path.join(system.world, name)
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


def add_owner(pvc):
    answer()
`;

/** Replaces the pods and controllers of the API server by files. Appended to workload.py. */
const workloadStubs = (world: World) => `${answer(world)}

def observe():
    version, entries = ring_record.read()
    lines = [line.split() for line in system.lines_of("view")]
    told = {words[0]: words[1] for words in lines if words[0] != "pod"}
    pods = {name: (address.strip("-"), state != "here") for _, name, address, state in (w for w in lines if w[0] == "pod")}
    return {
        "version": version,
        "entries": entries,
        "pods": pods,
        "desired_replicas": int(told.get("replicas", -1)),
        "controller_replaces_pods": told.get("successor") == "yes",
        "is_removed": told.get("self") == "leaving",
    }


def stateful_set_replicas():
    answer()
    return ${world.replicas ?? 3}
`;

/** Replaces the superuser's Secret by files. Appended to superuser_secret.py. */
const secretStubs = (world: World) => `${answer(world)}

def read():
    answer()
    return tuple(system.lines_of("secret") + [" ".join(system.lines_of("known"))])


def write_applied_password(password):
    with open(os.path.join(system.world, "known"), "w") as file:
        file.write(password + "\\n")
`;

/** Replaces the pod's own Service. Appended to member_address.py. */
const serviceStubs = (world: World) => `${answer(world)}

def namespaced(kind):
    return kind


def find(path):
    answer()
    if path != "services/" + os.environ["HOSTNAME"]:
        raise NoAnswer("forbidden")
    status = ${JSON.stringify(JSON.stringify({ status: { loadBalancer: { ingress: world.balancers ?? undefined } } }))}
    return ${world.balancers === null ? "None" : "json.loads(status)"}
`;

/** What is appended to modules of the scripts, by file name. */
export const moduleStubs = (world: World): Record<string, string> => ({
  "system.py": systemStubs(world),
  "port_answers.py": portStubs,
  "ring_record.py": recordStubs(world),
  "workload.py": workloadStubs(world),
  "member_address.py": `import json\n${serviceStubs(world)}`,
  "superuser_secret.py": secretStubs(world),
  ...(world.foreign && { "volume.py": `\n\nos.access = lambda path, mode: not path.endswith("/${world.foreign}")\n` }),
  ...(world.addresses ? {} : { "gossip.py": "\n\ndef reload_seeds_until_all_seen():\n    pass\n" }),
});

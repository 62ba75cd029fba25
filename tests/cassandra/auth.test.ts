import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../lab/src/lab";
import { applySecret, base64 } from "../support/secrets";
import { smallMembers } from "../support/stack";
import { ApplicationRole } from "../support/applicationRole";
import { Credentials, inRingLab, RingStack } from "../support/ringStack";
import { Session } from "../support/session";

const minutes = 60_000;
/** Whom Cassandra makes by itself, and everybody knows. */
const defaultRole = { username: "cassandra", password: "cassandra" };

describe("a ring whose clients log in", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  /** All passwords that there have been. */
  const passwords = new Set<string>();
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", ...settings });

  async function superuser(): Promise<Credentials> {
    const credentials = await stack.superuser();
    passwords.add(credentials.password);
    return credentials;
  }

  /** What cqlsh says to somebody who logs in through a pod. */
  const login = (pod: string, { username, password }: Credentials) =>
    stack
      .exec(pod, ["cqlsh", "-u", username, "-p", password, "-e", "SHOW HOST"])
      .catch((error: Error) => error.message);
  const loggedIn = /^Connected to K8Demo at/m;

  inRingLab((made) => ({ lab, stack } = made));

  it("ends the session of whoever came as Cassandra's default role before that was dropped", async () => {
    configure({ replicas: 1 });
    const made = stack.up();
    const address = async (): Promise<string> => {
      for (;;) {
        const [pod] = await stack.pods();
        if (pod?.status.podIP) return pod.status.podIP;
        await sleep(200);
      }
    };
    const session = await Promise.race([
      address().then((ip) => Session.begin(lab, ip, smallMembers.datacenter, defaultRole)),
      // Without a pod there is none.
      made.then(() => Promise.reject(new Error("no pod had an address"))),
    ]);
    await made;
    const { requests, end } = await session.stop();
    assert.ok(requests > 0, "nobody came before the default role was dropped, and nothing was seen");
    assert.ok(end !== undefined, `it went on after ${requests} requests`);
    // A member that closes its CQL port tells whoever is asking just then.
    assert.match(end, /NoHostAvailable|AuthenticationError|closed|Server is shutting down/i);
  });

  it("lets its superuser in, and nobody by Cassandra's default role or without a password", async () => {
    const credentials = await superuser();
    assert.match(credentials.password, /^[A-Za-z0-9]{32}$/);
    assert.match(await login("cassandra-0", credentials), loggedIn);
    const byDefault = await login("cassandra-0", defaultRole);
    assert.match(byDefault, /Provided username cassandra and\/or password are incorrect/);
    const anonymous = await stack.exec("cassandra-0", ["cqlsh", "-e", "SHOW HOST"]).catch((e: Error) => e.message);
    assert.match(anonymous, /Remote end requires authentication/);
    await stack.writeRows("cassandra-0", 1000);
  });

  it("lets it in through every member of a ring that has grown, while the first one is lost", async () => {
    configure({ replicas: 3 });
    await stack.up();
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    const credentials = await superuser();
    assert.match(
      await stack.cql(
        "cassandra-0",
        "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = 'system_auth';",
      ),
      new RegExp(`'${smallMembers.datacenter}': '3'`),
    );
    await Promise.all([
      lab.kubectl(["delete", "pod", "cassandra-0", "--grace-period=0", "--force"]),
      ...[1, 2].map(async (i) => assert.match(await login(`cassandra-${i}`, credentials), loggedIn)),
    ]);
    await stack.serving(3);
    assert.match(await login("cassandra-0", credentials), loggedIn);
  });

  it("takes another password while requests go on, and none of them fails", async () => {
    const [before, mine] = [await superuser(), "correct-horse.battery"];
    passwords.add(mine);
    const { failures } = await stack.underLoad({}, async () => {
      await stack.pulumi("config", "set", "--secret", "superuserPassword", mine);
      const told = /the password of admin changes: sessions go on, new ones need the new password/;
      assert.match(await stack.pulumi("preview"), told);
      await stack.up();
      for (const pod of ["cassandra-0", "cassandra-2"]) {
        assert.match(await login(pod, { ...before, password: mine }), loggedIn);
        assert.match(await login(pod, before), /Provided username admin and\/or password are incorrect/);
      }
    });
    assert.deepEqual(failures, []);
  });

  it("takes one at random again, and yet another one by `pulumi up --replace`", async () => {
    await stack.unset("superuserPassword");
    await stack.up();
    const first = await superuser();
    const urns = await stack.pulumi("stack", "--show-urns");
    const [urn] = /urn:\S+random:index\/randomPassword:RandomPassword::\S+/.exec(urns)!;
    await stack.up("--replace", urn);
    const second = await superuser();
    assert.notEqual(second.password, first.password);
    assert.match(await login("cassandra-1", second), loggedIn);
    assert.match(await login("cassandra-1", first), /password are incorrect/);
  });

  it("gives an application a role of its own, which may do what it is granted, with another password once its Secret has one", async () => {
    const app = new ApplicationRole(lab, stack, "app");
    const first = await app.setPassword("of-the-application.1");
    const count = "SELECT count(*) FROM rows.numbers;";
    configure({ replicas: 3, roles: [app.of({ permissions: ["SELECT"], keyspace: "rows" })] });
    assert.match(await stack.pulumi("preview"), /role app is created\n[^]*app is granted SELECT on keyspace rows/);
    await stack.up();
    assert.match(await app.run("cassandra-1", first, count), /^ +1000$/m);
    const write = await app.run("cassandra-1", first, "INSERT INTO rows.numbers (id) VALUES (-1);");
    assert.match(write, /User app has no MODIFY permission on <table rows\.numbers> or any of its parents/);
    const second = await app.setPassword("of-the-application.2");
    assert.match(await stack.pulumi("preview"), /the password of app changes: sessions go on/);
    await stack.up();
    assert.match(await app.run("cassandra-2", second, count), /^ +1000$/m);
    assert.match(await login("cassandra-2", first), /Provided username app and\/or password are incorrect/);
    for (const { password } of [first, second]) passwords.add(password);
    await stack.up("--expect-no-changes");
  });

  it("@all takes it from a Secret of somebody else, and another one with the next update", async () => {
    const before = await superuser();
    for (const mine of ["from-a-vault.1", "from-a-vault.2"]) {
      passwords.add(mine);
      await applySecret(lab, "vault", { password: base64(mine) });
      await stack.pulumi("config", "set", "superuserSecret", "vault");
      await stack.up();
      assert.match(await login("cassandra-1", { ...before, password: mine }), loggedIn);
      assert.match(await login("cassandra-1", before), /password are incorrect/);
    }
    await stack.unset("superuserSecret");
    await stack.up();
    assert.match(await login("cassandra-1", await superuser()), loggedIn);
  });

  it("@all keeps it as long as its volumes: after destroy and up, the new password opens it, and every row is there", async () => {
    const before = await superuser();
    await stack.destroy();
    await stack.serving(0);
    await stack.up();
    const after = await superuser();
    assert.notEqual(after.password, before.password);
    await stack.says("cassandra-0", /the password of superuser admin was changed|member \S+ is in the ring/, 60);
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    assert.match(await login("cassandra-0", after), loggedIn);
    assert.match(await login("cassandra-0", defaultRole), /Provided username cassandra and\/or password are incorrect/);
  });

  it("@all is asked for a password that it never had, on volumes that it keeps", async () => {
    configure({ replicas: 3, volumeRetention: "delete" });
    await stack.up();
    await stack.destroy();
    await lab.kubectl(["wait", "--for=delete", "pvc,configmap,secret", "-l", "app=cassandra", "--timeout=60s"]);
    configure({ replicas: 3, auth: "none" });
    await stack.up();
    await stack.writeRows("cassandra-0", 1000);
    configure({ replicas: 3 });
    assert.match(
      await stack.refused("preview"),
      /cassandra:auth: "password" is not allowed for ring cassandra .* `pulumi destroy`/,
    );
    await stack.destroy();
    await stack.up();
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    assert.match(await login("cassandra-2", await superuser()), loggedIn);
    assert.match(await login("cassandra-2", defaultRole), /Provided username cassandra and\/or password are incorrect/);
  });

  it("shows no password in the state, in previews, in events, in pods, in logs and in arguments of processes", async () => {
    configure({ replicas: 3, memory: "1100Mi" });
    const seen: Record<string, string> = {
      state: await stack.pulumi("stack", "export"),
      outputs: await stack.pulumi("stack", "output", "--json"),
      preview: await stack.pulumi("preview", "--diff"),
      "engine events": await stack.pulumi("preview", "--json"),
      pods: await lab.kubectl(["get", "pods,statefulsets,configmaps,events", "-o", "yaml"]),
      processes: await stack.exec("cassandra-0", [
        "sh",
        "-c",
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' ' '",
      ]),
    };
    for (const i of [0, 1, 2]) seen[`log of cassandra-${i}`] = await stack.log(`cassandra-${i}`);
    // The first one, the given one, another at random, the one by --replace, and two of an application; the cases of `test:all` have had more.
    assert.ok(passwords.size >= 6, `not all that there have been: ${passwords.size}`);
    for (const [where, text] of Object.entries(seen)) {
      assert.ok(text.length > 100, `nothing was looked at: ${where}`);
      for (const password of passwords) {
        for (const form of [password, Buffer.from(password).toString("base64")])
          assert.ok(!text.includes(form), `a password stands in ${where}`);
      }
    }
    assert.match(seen.preview, /password\s*: \[secret\]|data\s*: \[secret\]|unchanged/);
  });
});

import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";

const id = "00000000-aaaa-bbbb-cccc-dddddddddddd";
const files = { "tls.key": "key\n", "tls.crt": "certificate\n", "ca.crt": "authority\n" };

describe("certificates in a pod", function () {
  this.timeout(120_000);
  const pod: World = {
    pod: "cassandra-0",
    env: { POD_IDENTITY: "ordinal" },
    record: { "cassandra-0": `${id} 10.0.0.99`, formed: "2026-01-01T00:00:00Z" },
    files: { "ring-member": id },
    data: true,
    serving: ["10.0.0.99"],
    tls: files,
  };

  it("are where cassandra.yaml looks before Cassandra starts, key and chain in one file that nobody else reads", async () => {
    const { keystore, truststore } = (await run("entrypoint.sh", [], pod)).certificates;
    assert.deepEqual(keystore, { content: "key\ncertificate\n", mode: 0o600 });
    assert.equal(truststore.content, "authority\n");
  });

  it("are taken anew by a running Cassandra when the Secret holds others, and only then", async () => {
    const renew = '{ cd "$RING_TLS_FOLDER" && echo renewed >$$ && mv $$ tls.crt; }';
    const renewed = await run("post-start.sh", ["restart"], { ...pod, nap: `(( naps != 3 )) || ${renew}` });
    assert.deepEqual(renewed.nodetool, ["reloadssl"], renewed.said);
    assert.equal(renewed.certificates.keystore.content, "key\nrenewed\n");
    assert.match(renewed.said, /loaded the renewed certificates of Secret cassandra-tls/);
    assert.deepEqual((await run("post-start.sh", ["restart"], pod)).nodetool, []);
  });

  it("are taken anew from the moment at which Cassandra answers, while it joins as well", async () => {
    const states = "start join 10.0.0.99\nJOINING: Starting to bootstrap\n";
    const nap = '(( naps != 3 )) || { cd "$RING_TLS_FOLDER" && echo renewed >$$ && mv $$ tls.crt; }';
    const joining: World = { ...pod, states, files: {}, serving: [], nap };
    const silent = '[ "$1" != reloadssl ] || [ -e "$world/answers" ] || { touch "$world/answers"; exit 1; }';
    const renewed = await run("post-start.sh", ["bootstrap"], { ...joining, nodetool: silent });
    assert.deepEqual(renewed.nodetool, ["reloadssl", "reloadssl"], renewed.said);
    assert.doesNotMatch(renewed.said, /member .* is in the ring/);
    assert.equal(renewed.said.match(/loaded the renewed certificates/g)?.length, 1);
  });

  it("are taken anew where the Secret changed before anybody looked", async () => {
    const taken = { ...files, "tls.crt": "older\n" };
    assert.deepEqual((await run("post-start.sh", ["restart"], { ...pod, taken })).nodetool, ["reloadssl"]);
  });

  it("are what cqlsh.sh shows and trusts, whoever logs in, and nothing of it stays", async () => {
    const { cqlsh, tls, left } = await run("cqlsh.sh", ["-e", "x"], { ...pod, roles: {} });
    assert.deepEqual(
      [cqlsh, tls],
      [["nobody (--ssl -e x)"], ["nobody shows certificate, of key, and trusts authority"]],
    );
    const secret = { username: "admin", password: "secret", known: "secret" };
    const loggedIn = await run("cqlsh.sh", ["-e", "x"], { ...pod, secret, roles: { admin: "secret" } });
    assert.match(loggedIn.cqlsh[0], /^admin \(--ssl -e x\):/);
    assert.deepEqual(loggedIn.tls, ["admin shows certificate, of key, and trusts authority"]);
    assert.deepEqual([...left, ...loggedIn.left], []);
  });
});

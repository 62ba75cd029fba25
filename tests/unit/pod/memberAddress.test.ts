import * as assert from "node:assert/strict";
import type { World } from "./podWorld";
import { run } from "./runScript";
import { formed, id, member } from "./statefulSetRing";

/** A member with its disk, whose Service is looked for before Cassandra starts. */
const restart = (world: Partial<World>) =>
  run("entrypoint.sh", [], {
    pod: "cassandra-1",
    record: { "cassandra-0": member(0), "cassandra-1": member(1), ...formed },
    serving: ["cassandra-0.cassandra"],
    data: true,
    ...world,
    env: { POD_IDENTITY: "ordinal", RING_MEMBER_SERVICE: "LoadBalancer", ...world.env },
    files: { "ring-member": id(1), ...world.files },
  });

describe("a pod whose member has a Service to itself", function () {
  this.timeout(60_000);

  it("has Cassandra tell the address of its load balancer, and notes it on the disk", async () => {
    const outcome = await restart({ balancers: [{ ip: "203.0.113.7" }] });
    assert.equal(outcome.broadcast, "203.0.113.7");
    assert.equal(outcome.files["ring-address"], "203.0.113.7");
    assert.match(outcome.said, /clients are told the address of Service cassandra-1, 203\.0\.113\.7/);
  });

  it("takes an address that DNS has where the cloud gives a name, and waits until DNS has one", async () => {
    const balancers = [{ hostname: "b.elb.example" }];
    const outcome = await restart({ balancers, addresses: { "b.elb.example": "198.51.100.4" } });
    assert.equal(outcome.broadcast, "198.51.100.4");
    assert.equal((await restart({ balancers: [{ ip: "2001:db8::1" }] })).broadcast, "2001:db8::1");
    const unknown = await restart({ balancers, addresses: { "b.elb.example": "" } });
    assert.equal(unknown.options.length, 0);
    assert.match(unknown.said, /waiting: DNS must know b\.elb\.example, the load balancer of Service cassandra-1/);
  });

  it("waits for the address before it decides anything, with and without data", async () => {
    for (const world of [{}, { record: { "cassandra-0": "empty" }, data: false, files: { "ring-member": "" } }]) {
      const outcome = await restart(world);
      assert.equal(outcome.options.length, 0);
      assert.match(
        outcome.said,
        /waiting: Service cassandra-1 must have the address of a load balancer \(status\.loadBalancer\.ingress\)/,
      );
      assert.deepEqual(outcome.record, {
        ...(world.record ?? { "cassandra-0": member(0), "cassandra-1": member(1), ...formed }),
      });
    }
  });

  it("starts with the address of before while the API server is away, and without one of before it waits", async () => {
    const away = { record: undefined, refusal: 1 };
    const known = await restart({ ...away, files: { "ring-address": "203.0.113.7" } });
    assert.equal(known.broadcast, "203.0.113.7");
    assert.equal(known.startMode, "restart");
    const unknown = await restart(away);
    assert.equal(unknown.options.length, 0);
    assert.match(unknown.said, /waiting: Service cassandra-1 must be readable: clients are told the address/);
  });

  it("starts without an address, and forgets the one of before, where there is no Service", async () => {
    const outcome = await restart({ balancers: null, files: { "ring-address": "203.0.113.7" } });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.broadcast, undefined);
    assert.equal(outcome.files["ring-address"], undefined);
    assert.match(outcome.said, /there is no Service cassandra-1: clients are told the address of this pod/);
  });

  it("asks for no Service where members have none", async () => {
    const outcome = await restart({ env: { RING_MEMBER_SERVICE: undefined as unknown as string } });
    assert.equal(outcome.startMode, "restart");
    assert.equal(outcome.broadcast, undefined);
    assert.doesNotMatch(outcome.said, /Service/);
  });
});

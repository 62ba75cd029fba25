import assert from "node:assert/strict";
import { join } from "node:path";
import { Instance, repository } from "../../../lab/src/instance";
import { Lab } from "../../../lab/src/lab";

describe("instances of the lab", () => {
  it("have a mark and a context of their own, in a folder of the clone", () => {
    const [one, other] = [new Instance("one"), new Instance("other")];
    assert.equal(one.dir, join(repository, ".lab", "one"));
    assert.match(one.cgroup, /^cassandra-lab-[0-9a-f]{12}$/);
    assert.equal(new Instance("one").cgroup, one.cgroup);
    assert.notEqual(other.cgroup, one.cgroup);
    assert.equal(one.context, "cassandra-lab-one");
  });

  for (const name of ["", "Main", "a b", "../up", "-a", "a".repeat(33), "contexts"]) {
    it(`refuse the name "${name}"`, () => assert.throws(() => new Instance(name), /--name/));
  }

  it("work one after the other on the same lab", async () => {
    const order: string[] = [];
    const work = (name: string, ms: number) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      order.push(`${name} ends`);
    };
    const first = new Instance("unit").exclusively(work("first", 100));
    await Promise.all([first, new Instance("unit").exclusively(work("second", 0))]);
    assert.deepEqual(order, ["first begins", "first ends", "second begins", "second ends"]);
  });

  it("that were never up say so", () => {
    assert.throws(() => Lab.find("unit-never").env, /"unit-never" is not up: npm run lab -- up --name unit-never/);
  });
});

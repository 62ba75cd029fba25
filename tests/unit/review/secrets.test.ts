import * as assert from "node:assert/strict";
import { configChanges } from "../../../review/configLines";
import { PlainTexts, secretsOfConfig, secretsOfState } from "../../../review/plainTexts";
import { withoutSecrets } from "../../../review/secrets";
import { says, secret, step, summary, told, toldKnowing } from "./stream";

/** A value that must stand nowhere in a report. */
const plain = "hunter2-hunter2";

describe("a secret that moves", () => {
  /** The report on an edit, and on the edit that takes it back, of one object or of several. */
  function bothWays(...edits: { type?: string; a?: object; b?: object }[]): string[] {
    const events = (isBack: boolean) =>
      edits.map(({ type = "core/v1:ConfigMap", a, b }, i) => {
        const [before, after] = isBack ? [b, a] : [a, b];
        const op = before === undefined ? "create" : after === undefined ? "delete" : "update";
        return step(op, `kubernetes:${type}`, `object-${i}`, before, after);
      });
    return [false, true].map((isBack) => told(...events(isBack), summary()));
  }
  const hidden = (...edits: Parameters<typeof bothWays>) => {
    for (const text of bothWays(...edits)) assert.doesNotMatch(text, /hunter2/, text);
  };
  const pod = (...env: object[]) => ({ spec: { template: { spec: { containers: [{ name: "a", env }] } } } });
  const reference = { secretKeyRef: { name: "login", key: "word" } };

  it("is masked where it was in clear: in another field of the object", () => {
    hidden({ a: { data: { a: plain } }, b: { data: { b: secret } } });
    hidden({ a: { data: { a: plain, b: "" } }, b: { data: { a: "another", b: secret } } });
    hidden({ a: { data: { a: plain } }, b: { binaryData: secret } });
    hidden({ a: { spec: { args: ["--login", plain] } }, b: { spec: { args: ["--file"], login: secret } } });
    const [there] = bothWays({ a: { data: { a: plain } }, b: { data: { b: secret } } });
    assert.match(there, /`data.a`: `\[secret\]` -> `none`<br>`data.b`: the secret changes/);
  });

  it("is masked where it was in clear: as a variable or an argument that is read from a Secret now", () => {
    const variable = { name: "A", value: plain };
    const type = "apps/v1:Deployment";
    hidden({ type, a: pod(variable), b: pod({ name: "A", valueFrom: reference }) });
    hidden({ type, a: pod(variable), b: pod({ name: "B", valueFrom: reference }) });
    hidden({
      type,
      a: pod({ name: "A", value: plain, valueFrom: null }),
      b: pod({ name: "A", valueFrom: reference }),
    });
    const containers = (one: object) => ({ spec: { containers: [{ name: "a", ...one }] } });
    hidden({
      type: "core/v1:Pod",
      a: containers({ env: [variable] }),
      b: containers({ envFrom: [{ secretRef: { name: "login" } }] }),
    });
    hidden({
      type: "core/v1:Pod",
      a: containers({ args: ["--login", plain] }),
      b: containers({ args: ["--login", "$(A)"], env: [{ name: "A", valueFrom: reference }] }),
    });
    const volumes = [{ name: "login", secret: { secretName: "login" } }];
    hidden({ type: "core/v1:Pod", a: { spec: containers({ env: [variable] }).spec }, b: { spec: { volumes } } });
  });

  it("is masked where it was in clear: in an object other than the one that holds it now", () => {
    const login = { type: "core/v1:Secret", b: { metadata: { name: "login" }, data: secret } };
    hidden({ a: { data: { a: plain } }, b: {} }, login);
    hidden({ type: "apps/v1:Deployment", a: pod({ name: "A", value: plain }), b: pod() }, login);
  });

  it("masks no more than that", () => {
    const image = (tag: string, env: object) => ({
      spec: { template: { spec: { containers: [{ name: "a", image: `cassandra:${tag}`, env: [env] }] } } },
    });
    const [text] = bothWays({
      type: "apps/v1:Deployment",
      a: image("5.0.8", { name: "A", value: plain }),
      b: image("5.0.9", { name: "A", valueFrom: reference }),
    });
    assert.match(text, /image`: `cassandra:5.0.8` -> `cassandra:5.0.9`/);
    const [short] = bothWays({ a: { data: { a: "64" } }, b: { data: { b: secret } } });
    assert.match(short, /`data.a`: `64` -> `none`/);
    const [alone] = bothWays({ a: { data: { a: plain } }, b: { data: {} } });
    assert.match(alone, /hunter2/, "where no secret comes or goes");
  });

  it("is masked in config under another key", () => {
    const past = (value: string) => ({ "cassandra:cassandraYaml": { value, secret: false } });
    const yaml = JSON.stringify({ a: plain });
    for (const after of ['{"cassandraYaml":"[secret]"}', '{"cassandraYaml":{"a":"[secret]"}}'])
      for (const rest of ["{}", '{"a":"another"}']) {
        const wanted = { "cassandra:persistent": after, "cassandra:cassandraYaml": rest };
        assert.doesNotMatch(JSON.stringify(configChanges(past(yaml), wanted, "")), /hunter2/);
      }
    const back = configChanges(
      { "cassandra:superuserPassword": { secret: true } },
      { "cassandra:superuserPassword": "", "cassandra:cassandraYaml": yaml },
      "",
    );
    assert.doesNotMatch(JSON.stringify(back), /hunter2/);
  });
});

describe("a secret that the state or the config has", () => {
  const state = { a: { "4dabf18193072939515e22adb298388d": secret["4dabf18193072939515e22adb298388d"] } };
  const withText = (value: unknown) => ({ a: { ...state.a, plaintext: JSON.stringify(value) } });

  it("is found with all that it is in base64 and in JSON", () => {
    const encoded = Buffer.from(plain).toString("base64");
    assert.ok(secretsOfState({ deployment: { resources: [withText(encoded)] } }).includes(plain));
    assert.ok(secretsOfState(withText(plain)).includes(encoded));
    assert.ok(secretsOfState(withText({ b: [JSON.stringify({ c: plain })] })).includes(plain));
    const masks = { x: '{"a":1,"b":{"c":"[secret]"}}', y: "[secret]", z: "open" };
    const shown = {
      x: { value: `{"a":1,"b":{"c":"${plain}"}}` },
      y: { value: '{"d":"another"}' },
      z: { value: "open" },
    };
    const found = secretsOfConfig(masks, shown);
    for (const text of [plain, "another"]) assert.ok(found.includes(text), text);
    for (const text of ["open", "1"]) assert.ok(!found.includes(text), text);
  });

  it("is masked wherever the report shows it", () => {
    const map = (value: unknown) => ({ metadata: { name: "m" }, data: { file: value } });
    const looked = step("refresh", "kubernetes:core/v1:Service", "c", map(plain), map("b"));
    const text = toldKnowing(
      [plain, "pin4"],
      step("update", "kubernetes:core/v1:ConfigMap", "a", map(`x=${plain}`), map(["pin4"])),
      step("update", "kubernetes:core/v1:ConfigMap", "b", map({ a: { b: plain } }), map("pin4-and-more")),
      says("warning", `it begins with ${plain}`),
      { resOutputsEvent: looked.resourcePreEvent },
      summary(),
    );
    assert.doesNotMatch(text, /hunter2|`(\["|)pin4["`]/);
    assert.match(text, /pin4-and-more/, "a short one is masked where it is all of a value");
    assert.match(text, /it begins with \[secret\]/);
    assert.match(text, /Service `m`: `data.file`: `\[secret\]` -> `b`/);
    const known = new PlainTexts([plain]);
    const past = { "cassandra:image": { value: plain, secret: false } };
    const [{ before }] = configChanges(past, { "cassandra:image": "x" }, "", known);
    assert.equal(before, "[secret]");
  });

  it("is none where it is the name of an object, or stands in clear in config or on both sides: a name of a user", () => {
    const map = (user: string) => ({ metadata: { name: "m", labels: { app: "cassandra" } }, data: { user } });
    const update = step("update", "kubernetes:core/v1:ConfigMap", "a", map("cassandra"), map("another"));
    assert.match(toldKnowing(["cassandra"], update, summary()), /`data.user`: `cassandra` -> `another`/);
    const named = step("create", "kubernetes:core/v1:Secret", "a", undefined, {
      metadata: { name: "login-of-cassandra" },
    });
    assert.match(toldKnowing(["login-of-cassandra"], named, summary()), /Secret `login-of-cassandra`/);
    const config = { "cassandra:superuser": "somebody", "cassandra:image": plain };
    const past = { "cassandra:superuser": { value: "somebody", secret: false } };
    const known = new PlainTexts(["somebody", plain], { config, changes: [] }, past);
    assert.equal(known.replaced(`somebody: ${plain}`), "somebody: [secret]");
    assert.doesNotMatch(toldKnowing(["another"], update, summary()), /another/);
  });
});

describe("a secret that nobody declared one", () => {
  const isHidden = (path: string, value: unknown) =>
    !JSON.stringify(withoutSecrets(path, value)).includes("hunter2") ||
    assert.fail(`${path}: ${JSON.stringify(value)}`);
  const pem = "-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----\n";
  const kubeconfig = "apiVersion: v1\nclusters: []\nusers:\n  - user: { token: hunter2 }\n";

  it("is known by its looks", () => {
    for (const text of [
      pem,
      pem.replace("EC ", ""),
      pem.replace("EC ", "ENCRYPTED "),
      kubeconfig,
      "users:\n- name: hunter2",
      JSON.stringify({ users: [{ user: "hunter2" }] }),
      "https://me:hunter2@example.com/",
      "-Djavax.net.ssl.keyStorePassword=hunter2",
      "password: hunter2",
      "eyJhbGciOiJub25lIn0.hunter2.hunter2",
    ])
      assert.ok(isHidden("data.file", text));
    assert.equal(withoutSecrets("a", Buffer.from(pem).toString("base64")), "[secret]");
    for (const value of [
      ["--password", "hunter2"],
      ["-Dx.password=hunter2", "-Xmx1G"],
      { a: [{ b: pem }] },
      { users: [{ name: "hunter2" }] },
    ])
      assert.ok(isHidden("data", value));
  });

  it("is known by the name of its field, or of the one that it is in", () => {
    const names = ["password", "keystore_password", "API_TOKEN", "kubernetes:kubeconfig", "client.secret", "apiKey"];
    for (const name of names) assert.ok(isHidden(name, "hunter2"));
    assert.ok(isHidden("a", { passwords: { alice: "hunter2" }, env: [{ name: "MY_PASSWORD", value: "hunter2" }] }));
    assert.ok(isHidden("spec.env.MY_PASSWORD.value", "hunter2"));
    assert.equal(withoutSecrets("a.password", 12345678), "[secret]");
  });

  it("is no name of a Secret, no number of tokens, and nothing that only sounds so", () => {
    const same = (path: string, value: unknown) => assert.deepEqual(withoutSecrets(path, value), value, path);
    same("cassandra:superuserSecret", "theirs");
    same("cassandra:imagePullSecrets", ["registry"]);
    same("cassandra:cassandraYaml.num_tokens", 16);
    same("env.CASSANDRA_NUM_TOKENS.value", "16");
    same("spec.automountServiceAccountToken", true);
    same("env.A.valueFrom", { secretKeyRef: { name: "login", key: "password" } });
    same("spec.volumes.tls.secret", { secretName: "tls", defaultMode: 256 });
    same("spec.containers.get-token.image", "a:1");
    same("spec.image", "registry.example.com:5000/cassandra@sha256:00");
    same("data.file", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----");
    same("cassandra:superuserPassword", "");
  });

  it("is told of as one that changes, in config and in objects", () => {
    const past = { "kubernetes:kubeconfig": { value: kubeconfig, secret: false } };
    const [change] = configChanges(past, { "kubernetes:kubeconfig": kubeconfig.replace("hunter2", "hunter3") }, "");
    assert.deepEqual(change, { key: "kubernetes:kubeconfig", before: "[secret]", after: "[secret]" });
    const map = (text: string) => ({ metadata: { name: "m" }, data: { password: text } });
    const edit = (type: string, ...sides: [string, string]) =>
      told(step("update", `kubernetes:core/v1:${type}`, "a", map(sides[0]), map(sides[1])), summary());
    assert.match(edit("ConfigMap", "hunter2", "hunter3"), /`data.password`: the secret changes/);
    const ofSecret = (text: string) => ({ metadata: { name: "m", labels: { a: text } }, stringData: { user: text } });
    const text = told(step("update", "kubernetes:core/v1:Secret", "a", ofSecret("one"), ofSecret("other")), summary());
    assert.match(text, /`metadata.labels.a`: `one` -> `other`<br>`stringData.user`: the secret changes/);
  });
});

import * as assert from "node:assert/strict";
import { proxyFor } from "../../../../components/kubernetes/proxy";

describe("the proxy of a guard's connection", () => {
  it("is the one that the environment names, and none for what it excepts", () => {
    const proxy = { HTTPS_PROXY: "http://proxy:3128" };
    const cases: [string, Record<string, string>, string | undefined][] = [
      ["https://api.example.com", {}, undefined],
      ["https://api.example.com", proxy, "http://proxy:3128"],
      ["https://api.example.com", { https_proxy: "proxy:3128" }, "http://proxy:3128"],
      ["http://api.example.com", proxy, undefined],
      ["http://api.example.com", { HTTP_PROXY: "http://plain:1" }, "http://plain:1"],
      ["https://localhost:6443", proxy, undefined],
      ["https://127.0.0.1:6443", proxy, undefined],
      ["https://[::1]:6443", proxy, undefined],
      ["https://10.1.2.3:6443", proxy, "http://proxy:3128"],
      ["https://10.1.2.3:6443", { ...proxy, NO_PROXY: "192.168.0.0/16, 10.0.0.0/8" }, undefined],
      ["https://10.1.2.3:6443", { ...proxy, NO_PROXY: "10.1.2.4,11.0.0.0/8" }, "http://proxy:3128"],
      ["https://10.1.2.3:6443", { ...proxy, no_proxy: "10.1.2.3" }, undefined],
      ["https://[fd00::1]:6443", { ...proxy, NO_PROXY: "fd00::/8" }, undefined],
      ["https://api.example.com", { ...proxy, NO_PROXY: "example.com" }, undefined],
      ["https://api.example.com", { ...proxy, NO_PROXY: ".example.com" }, undefined],
      ["https://example.com", { ...proxy, NO_PROXY: ".example.com" }, "http://proxy:3128"],
      ["https://badexample.com", { ...proxy, NO_PROXY: "example.com" }, "http://proxy:3128"],
      ["https://api.example.com:8443", { ...proxy, NO_PROXY: "api.example.com:8443" }, undefined],
      ["https://api.example.com", { ...proxy, NO_PROXY: "api.example.com:443" }, undefined],
      ["https://api.example.com:8443", { ...proxy, NO_PROXY: "api.example.com:443" }, "http://proxy:3128"],
      ["https://api.example.com:8443", { ...proxy, NO_PROXY: "*.example.com:8443" }, undefined],
      ["https://10.1.2.3:6443", { ...proxy, NO_PROXY: "10.1.2.3:6443" }, undefined],
      ["https://10.1.2.3:6443", { ...proxy, NO_PROXY: "10.1.2.3:443" }, "http://proxy:3128"],
      ["https://[fd00::1]:6443", { ...proxy, NO_PROXY: "fd00:0::1" }, undefined],
      ["https://[fd00::1]:6443", { ...proxy, NO_PROXY: "[fd00::1]:6443" }, undefined],
      // What is no network is a name, and that of nobody.
      ["https://10.1.2.3:6443", { ...proxy, NO_PROXY: "10.0.0.0/,10.0.0.0/33,," }, "http://proxy:3128"],
      ["https://api.example.com", { ...proxy, NO_PROXY: "API.example.com" }, undefined],
      // Between names stand commas alone.
      ["https://api.example.com", { ...proxy, NO_PROXY: "a.org api.example.com" }, "http://proxy:3128"],
      ["https://api.example.com", { ...proxy, NO_PROXY: "*" }, undefined],
    ];
    for (const [server, env, expected] of cases)
      assert.equal(proxyFor(server, env), expected, `${server} ${JSON.stringify(env)}`);
  });
});

import * as http from "node:http";
import * as https from "node:https";
import { AddressInfo, connect, Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Servers by the names that clients call them by. Clients reach addresses of this machine without a proxy. */
export const names = ["one.invalid", "two.invalid"];

/** API servers and a proxy that note who asks them what. */
export class Servers {
  /** Port of each server by its name; `plain` speaks HTTP, `proxy` is a proxy. */
  readonly ports: Record<string, number> = {};
  private seen: string[] = [];
  private readonly open: Server[] = [];

  /** @param pair key and certificate of the servers */
  static async start(pair: { key: Buffer; cert: Buffer }): Promise<Servers> {
    const servers = new Servers();
    for (const name of names) {
      const options = { ...pair, requestCert: true, rejectUnauthorized: false };
      const server = https.createServer(options, (request, response) => servers.answer(name, request, response));
      servers.ports[name] = await servers.listening(server);
    }
    servers.ports.plain = await servers.listening(
      http.createServer((request, response) => servers.answer("plain", request, response)),
    );
    servers.ports.proxy = await servers.listening(servers.proxy());
    return servers;
  }

  /** @returns what the servers saw of a client */
  async sight(client: () => Promise<unknown>): Promise<string[]> {
    this.seen = [];
    await client();
    return this.seen;
  }

  close(): void {
    for (const server of this.open) server.close();
  }

  private async listening(server: Server): Promise<number> {
    this.open.push(server);
    server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Notes what tells one connection from another, the server and who asks, and answers. */
  private answer(name: string, { headers, socket }: http.IncomingMessage, response: http.ServerResponse): void {
    const subject = socket instanceof TLSSocket ? socket.getPeerCertificate().subject : undefined;
    this.seen.push(`${name} ${headers.authorization ?? "no token"} ${subject?.CN?.toString() ?? "no certificate"}`);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system", uid: "1" } }));
  }

  private proxy(): http.Server {
    const proxy = http.createServer();
    proxy.on("connect", (request: http.IncomingMessage, socket: Socket) => {
      this.seen.push(`proxy to ${request.url}`);
      const [host] = request.url!.split(":");
      const target = connect(this.ports[host], "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
      socket.pipe(target).pipe(socket);
      for (const end of [socket, target]) end.on("error", () => [socket, target].forEach((one) => one.destroy()));
    });
    return proxy;
  }
}

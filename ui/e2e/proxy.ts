// A reverse proxy that behaves as nginx's proxy_pass does unless it is told otherwise: it speaks HTTP/1.0 to what stands
// behind it, names that in Host, gathers the body of a request, and passes an answer on as it comes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";

export interface ReverseProxyOptions {
  prefix?: string; // begins and ends with a slash; what is asked for elsewhere is not passed on
  strip?: boolean; // take the prefix away
  headers?: (host: string) => Record<string, string>; // what it tells, given the host that the browser named
  outside?: string; // a page of the proxy's own, at /
}

export class ReverseProxy {
  port = 0;
  to = ""; // the address behind it
  private server: Server | undefined;

  constructor(private readonly options: ReverseProxyOptions = {}) {}

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.pass(request, response));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.port = (server.address() as { port: number }).port;
  }

  // at is what a browser asks for to get to a path of ours.
  at(path = "", host = "127.0.0.1"): string {
    return `http://${host}:${this.port}${this.options.prefix ?? "/"}${path}`;
  }

  close(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prefix = "/", strip = false, headers, outside } = this.options;
    let path = request.url ?? "/";
    if (outside && path === "/") {
      response.setHeader("Content-Type", "text/html; charset=utf-8").end(outside);
      return;
    }
    if (!path.startsWith(prefix)) {
      response.writeHead(404).end();
      return;
    }
    if (strip) path = path.slice(prefix.length - 1);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);

    const target = new URL(this.to);
    const told: Record<string, string> = { ...headers?.(request.headers.host ?? ""), Host: target.host };
    if (body.length > 0) told["Content-Length"] = String(body.length);
    const own = new Set([...Object.keys(told).map((name) => name.toLowerCase()), "connection", "transfer-encoding"]);
    const lines = [`${request.method} ${path} HTTP/1.0`, "Connection: close"];
    for (const [name, value] of Object.entries(told)) lines.push(`${name}: ${value}`);
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const name = request.rawHeaders[i] ?? "";
      if (!own.has(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
    }
    const upstream = connect(Number(target.port), target.hostname);
    response.on("close", () => upstream.destroy());
    upstream.on("error", () => response.destroy());
    upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
    upstream.write(body);
    answer(upstream, response);
  }
}

// answer passes on the head of an answer when it is whole, and all that follows.
function answer(upstream: ReturnType<typeof connect>, response: ServerResponse): void {
  let head = Buffer.alloc(0);
  const gather = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    upstream.off("data", gather);
    const [status = "", ...fields] = head.subarray(0, end).toString("latin1").split("\r\n");
    const raw: string[] = [];
    for (const field of fields) {
      const colon = field.indexOf(":");
      const name = field.slice(0, colon);
      if (name.toLowerCase() !== "connection") raw.push(name, field.slice(colon + 1).trim());
    }
    response.writeHead(Number(status.split(" ")[1]), raw);
    response.flushHeaders();
    response.write(head.subarray(end + 4));
    upstream.pipe(response);
  };
  upstream.on("data", gather);
}

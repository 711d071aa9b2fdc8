// The address at which the broker listens, as devices can use it.

export interface Reach {
  host: string;
  port: string;
  local: boolean; // only programs on the broker's host get there
}

const everywhere = ["", "0.0.0.0", "[::]"];
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

// reachable takes the page's own host where the broker listens on every address. Without a port it is undefined.
export function reachable(address: string, page: string): Reach | undefined {
  const colon = address.lastIndexOf(":");
  if (colon < 0) return undefined;
  const said = address.slice(0, colon);
  const host = everywhere.includes(said) ? page : said;
  return { host, port: address.slice(colon + 1), local: loopback.test(said) };
}

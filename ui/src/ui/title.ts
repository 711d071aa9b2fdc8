// The browser's title: the name of the page, and before it how many things wait for somebody.
let name = "";
let waiting = 0;

export function titleOf(page: string, count: number): string {
  return `${count > 0 ? `(${count}) ` : ""}${page ? `${page} · ` : ""}BunkerM`;
}

function write(): void {
  document.title = titleOf(name, waiting);
}

export function nameTitle(page: string): void {
  name = page;
  write();
}

export function countInTitle(count: number): void {
  waiting = count;
  write();
}

// The shared worker: one stream for all tabs of this browser, because a browser opens at most six connections to a
// server over HTTP/1.1.
import { Hub, type Standing } from "./hub";
import { goneAfter, type ToTab, type ToWorker } from "./protocol";

interface Tab {
  seen: number;
  wants: Map<string, () => void>;
}

const scope = self as unknown as { onconnect: (e: MessageEvent) => void; location: Location };
const tabs = new Map<MessagePort, Tab>();
// The worker lies in <base>/assets/; where the page is being worked on, it lies among its sources.
const base = new URL(import.meta.env.DEV ? "/" : "..", scope.location.href);

const hub = new Hub({
  address: (path) => new URL(path, base).href,
  onStanding: (standing: Standing) => {
    for (const port of tabs.keys()) send(port, { say: "standing", standing });
  },
});

function send(port: MessagePort, message: ToTab): void {
  port.postMessage(message);
}

function forget(port: MessagePort): void {
  for (const enough of tabs.get(port)?.wants.values() ?? []) enough();
  tabs.delete(port);
}

function hear(port: MessagePort, message: ToWorker): void {
  const tab = tabs.get(port);
  if (!tab) return;
  tab.seen = Date.now();
  switch (message.say) {
    case "want":
      if (!tab.wants.has(message.path)) {
        const { path } = message;
        tab.wants.set(
          path,
          hub.want(path, (event) => send(port, { say: "event", path, event })),
        );
      }
      break;
    case "enough":
      tab.wants.get(message.path)?.();
      tab.wants.delete(message.path);
      break;
    case "restart":
      hub.restart();
      break;
    case "bye":
      forget(port);
      break;
  }
}

scope.onconnect = (e) => {
  const port = e.ports[0];
  if (!port) return;
  tabs.set(port, { seen: Date.now(), wants: new Map() });
  port.onmessage = (m: MessageEvent<ToWorker>) => hear(port, m.data);
  send(port, { say: "standing", standing: hub.now() });
};

setInterval(() => {
  for (const [port, tab] of tabs) if (Date.now() - tab.seen > goneAfter) forget(port);
}, goneAfter / 4);

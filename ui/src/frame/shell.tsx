// The frame around every page.
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { useAlertNews, usePressing } from "../anomaly/alerts";
import { address } from "../api/client";
import { useHealed } from "../live/live";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icon";
import { Toasts } from "../ui/toast";
import { Account } from "./account";
import { BrokerSentence, StreamState } from "./broker-sentence";
import { keyList, useKeys } from "./keys";
import { Link } from "./link";
import { pages } from "./pages";
import { Palette } from "./palette";
import { useMe } from "./session";

export function Shell() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const [menu, setMenu] = useState(false);
  const [narrow, setNarrow] = useState(localStorage.getItem("rail") === "narrow");
  useKeys({ palette: useCallback(() => setPalette(true), []), help: useCallback(() => setHelp(true), []) });
  const path = useRouterState({ select: (s) => s.location.pathname });
  useEffect(() => setMenu(false), [path]);
  const content = useRef<HTMLElement>(null);
  useArrival(content);
  useAlertNews();
  const client = useQueryClient();
  useHealed(() => void client.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" }));
  const fold = () => {
    localStorage.setItem("rail", narrow ? "wide" : "narrow");
    setNarrow(!narrow);
  };
  return (
    <div className="frame" data-rail={narrow ? "narrow" : "wide"} data-menu={menu ? "open" : undefined}>
      <a className="skip" href="#content">
        Skip to the page
      </a>
      <Rail fold={fold} narrow={narrow} />
      <header className="bar">
        <Button
          look="plain"
          icon="menu"
          className="only-phone"
          aria-label="Menu"
          aria-expanded={menu}
          onClick={() => setMenu(!menu)}
        />
        <BrokerSentence />
        <StreamState />
        <Button look="plain" icon="search" onClick={() => setPalette(true)} aria-label="Search (Ctrl K)">
          <span className="not-phone">
            Search <kbd>Ctrl K</kbd>
          </span>
        </Button>
        <Account />
      </header>
      <main className="content" id="content" key={path} ref={content} tabIndex={-1}>
        <Outlet />
      </main>
      {palette && <Palette onClose={() => setPalette(false)} />}
      {help && (
        <Dialog title="Keys" onClose={() => setHelp(false)}>
          <dl className="facts">
            {keyList.map(([key, does]) => (
              <div key={key} style={{ display: "contents" }}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      )}
      <Toasts />
    </div>
  );
}

// useArrival moves the focus to a page that one went to when what had it is gone with the page before. Where the heading
// comes later it takes the focus from there (ui/heading).
function useArrival(content: RefObject<HTMLElement | null>) {
  // A page that is still being loaded has an address, but is not there yet.
  const path = useRouterState({ select: (s) => s.resolvedLocation?.pathname });
  const before = useRef(path);
  useEffect(() => {
    const came = before.current !== undefined && path !== before.current;
    before.current = path;
    if (!came || document.activeElement !== document.body) return;
    (content.current?.querySelector("h1") ?? content.current)?.focus({ preventScroll: true });
  }, [path, content]);
}

function Rail({ fold, narrow }: { fold: () => void; narrow: boolean }) {
  const me = useMe();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const pressing = usePressing();
  const seen = pages.filter((p) => p.title && (!p.may || me?.permissions.includes(p.may)));
  let group: string | undefined;
  return (
    <nav className="rail" aria-label="Pages">
      <Link to="/" className="brand">
        <img src="./icon.svg" alt="" />
        <span className="word">BunkerM</span>
      </Link>
      {seen.map((p) => {
        const heading = p.group !== undefined && p.group !== group ? p.group : undefined;
        if (p.group) group = p.group;
        return (
          <div key={p.path} style={{ display: "contents" }}>
            {heading && <div className="group">{heading}</div>}
            <Link
              to={p.path}
              className="item"
              title={narrow ? p.title : undefined}
              aria-label={p.path === "/anomalies" && pressing > 0 ? `${p.title}, ${pressing} open` : p.title}
              aria-current={here(path, p.path) ? "page" : undefined}
            >
              {p.icon && <Icon name={p.icon} />}
              <span className="word">{p.title}</span>
              {p.path === "/anomalies" && pressing > 0 && <span className="waits number">{pressing}</span>}
            </Link>
          </div>
        );
      })}
      <a className="item" href={address("api/docs")} aria-label="API documentation">
        <Icon name="api" />
        <span className="word">API</span>
      </a>
      <span style={{ flex: 1 }} />
      <Button
        look="plain"
        className="not-phone"
        icon="menu"
        onClick={fold}
        aria-label={narrow ? "Widen the rail" : "Narrow the rail"}
      />
    </nav>
  );
}

function here(path: string, page: string): boolean {
  return page === "/" ? path === "/" : path === page || path.startsWith(`${page}/`);
}

// A page whose code is fetched when it is first shown. Where it cannot be had the frame stays, and says so; it also says
// so where the page is not for the role of whoever came.
import { type ComponentType, createElement, type FunctionComponent, use } from "react";
import { root } from "../api/client";
import { unreachable } from "../api/problem";
import { Heading } from "../ui/heading";
import { Empty } from "../ui/say";
import { Link } from "./link";
import type { PageEntry } from "./pages";
import { useMe } from "./session";

// NoCode is thrown by a page whose code did not come. After again it is asked for once more.
export class NoCode extends Error {
  constructor(
    readonly problem: unknown,
    readonly again: () => void,
  ) {
    super("the code of this page did not come");
  }
}

// lazyPage is a component for the router, which calls preload when somebody is about to go there. What fails then is
// tried again, and told, when the page is shown.
export function lazyPage({ load, may, title }: PageEntry): FunctionComponent & { preload: () => Promise<void> } {
  let page: ComponentType | undefined;
  let failed: NoCode | undefined;
  let wanted: Promise<void> | undefined;
  let shown: Promise<void> | undefined;
  const fetchCode = () => {
    wanted ??= load()
      .then((code) => {
        page = code.Page;
      })
      .finally(() => {
        wanted = undefined;
      });
    return wanted;
  };
  const show = () => {
    shown ??= fetchCode().catch(async (error) => {
      failed = new NoCode(await reasonOf(error), () => {
        failed = undefined;
        shown = undefined;
      });
    });
    return shown;
  };
  const Lazy = () => {
    const permissions = useMe()?.permissions;
    if (may && permissions && !permissions.includes(may)) return <NotYours title={title} />;
    if (!page && !failed) use(show());
    if (failed) throw failed;
    return page ? createElement(page) : null;
  };
  return Object.assign(Lazy, { preload: () => fetchCode().catch(() => {}) });
}

// reasonOf is why code did not come. Where the server has a newer page than the one that runs here, and so no longer
// its code, the browser loads that one, and nothing is returned.
async function reasonOf(error: unknown): Promise<unknown> {
  const entry = document.querySelector<HTMLScriptElement>("script[type=module][src]")?.src.split("/").pop();
  let page: string;
  try {
    page = await (await fetch(root, { cache: "no-store" })).text();
  } catch {
    return unreachable();
  }
  if (!entry || page.includes(entry) || !page.includes("<script")) return error;
  location.reload();
  return new Promise(() => {});
}

function NotYours({ title = "Not for your role" }: { title?: string | undefined }) {
  return (
    <>
      <Heading title={title} />
      <Empty action={<Link to="/account">What I may do</Link>}>
        Your role does not see this page. An admin can give you another one.
      </Empty>
    </>
  );
}

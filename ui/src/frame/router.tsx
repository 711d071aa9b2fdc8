// Addresses of pages. What a page filters by stands in the query as plain text, so that a link shows what its sender saw.
import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  parseSearchWith,
  stringifySearchWith,
} from "@tanstack/react-router";
import { root } from "../api/client";
import { useHealed } from "../live/live";
import { Heading } from "../ui/heading";
import { Empty, ProblemNotice, Waiting } from "../ui/say";
import { lazyPage, NoCode } from "./lazy-page";
import { Link } from "./link";
import { pages } from "./pages";
import { Shell } from "./shell";

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const routes = pages.map((page) =>
  createRoute({
    getParentRoute: () => rootRoute,
    path: page.path,
    component: lazyPage(page),
    validateSearch: (search: Record<string, unknown>) => search as Record<string, string>,
  }),
);

export const router = createRouter({
  routeTree: rootRoute.addChildren(routes),
  basepath: root.pathname,
  parseSearch: parseSearchWith((text) => text),
  stringifySearch: stringifySearchWith(String),
  defaultPreload: "intent",
  defaultErrorComponent: Broken,
  defaultPendingComponent: () => <Waiting what="the page" rows={8} />,
  defaultPendingMs: 150,
  scrollRestoration: true,
});

// preload begins to fetch the code of the page at an address. What fails is tried again, and told, when it is shown.
export function preload(path: string): void {
  const inside = `/${path.slice(root.pathname.length)}`;
  const first = (of: string) => of.split("/")[1];
  const page =
    pages.find((p) => p.path === inside) ?? pages.find((p) => p.path.includes("$") && first(p.path) === first(inside));
  page?.load().catch(() => {});
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function NotFound() {
  return (
    <>
      <Heading title="Nothing here" />
      <Empty action={<Link to="/">Go to the overview</Link>}>There is no page at this address.</Empty>
    </>
  );
}

function Broken({ error, reset }: ErrorComponentProps) {
  const again = () => {
    if (error instanceof NoCode) error.again();
    reset();
  };
  useHealed(again);
  return (
    <>
      <Heading title="This page could not be shown" />
      <ProblemNotice problem={error instanceof NoCode ? error.problem : error} retry={again} />
    </>
  );
}

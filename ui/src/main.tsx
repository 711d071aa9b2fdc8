// The page begins here.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { asProblem } from "./api/problem";
import { Door } from "./frame/door";
import { preload, router } from "./frame/router";
import { startTheme } from "./frame/theme";
import "./style/all.css";

startTheme();
// An open dialog keeps the page behind from scrolling by a style of its own, which the page's policy permits to who
// knows this answer's nonce.
setNonce(document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "");

// The code of the page at this address is fetched while we still ask who is there.
preload(location.pathname);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      networkMode: "always", // the server may be on this very machine: being offline says nothing
      // What was refused is refused again; what did not arrive, or is away for the moment, is worth another try.
      retry: (tries, error) => [0, 502, 503, 504].includes(asProblem(error).status) && tries < 3,
      retryDelay: (tries) => Math.min(8_000, 500 * 2 ** tries),
    },
    mutations: { networkMode: "always" },
  },
});

const place = document.getElementById("root");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Door>
          <RouterProvider router={router} />
        </Door>
      </QueryClientProvider>
    </StrictMode>,
  );
}

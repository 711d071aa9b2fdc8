// The keyboard. Keys are for whoever is not typing; places on a page are marked with data-keys.
import { useEffect } from "react";
import { useGo } from "./link";
import { pages } from "./pages";

export interface KeyActions {
  palette: () => void;
  help: () => void;
}

export const keyList: [string, string][] = [
  ["Ctrl K", "search pages, clients, topics and actions"],
  ["/", "search this list"],
  ["j  k", "next and previous row"],
  ["Enter", "open the row"],
  ["Space", "select the row"],
  ["n", "create a new one"],
  ["e", "edit"],
  ["Esc", "close"],
  ...pages.filter((p) => p.key).map((p): [string, string] => [`g ${p.key}`, p.title ?? p.path]),
  ["?", "this list"],
];

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=menu]") !== null
  );
}

function place(name: string): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-keys="${name}"]`);
}

// useKeys listens as long as the frame stands.
export function useKeys({ palette, help }: KeyActions): void {
  const go = useGo();
  useEffect(() => {
    let leading = 0; // when g was pressed
    const onKey = (e: KeyboardEvent) => {
      if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        palette();
        return;
      }
      if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || typing(e.target)) return;
      if (document.querySelector("[role=dialog]")) return;
      if (Date.now() - leading < 1200) {
        leading = 0;
        const page = pages.find((p) => p.key === e.key);
        if (page) {
          e.preventDefault();
          go(page.path);
        }
        return;
      }
      switch (e.key) {
        case "g":
          leading = Date.now();
          break;
        case "?":
          help();
          break;
        case "/":
          e.preventDefault();
          place("search")?.focus();
          break;
        case "j":
        case "k": {
          const rows = place("rows");
          if (rows && !rows.contains(document.activeElement)) {
            rows.focus();
            rows.dispatchEvent(new KeyboardEvent("keydown", { key: e.key, bubbles: true }));
          }
          break;
        }
        case "n":
        case "e": {
          const button = place(e.key === "n" ? "new" : "edit");
          if (button) {
            e.preventDefault();
            button.click();
          }
          break;
        }
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [palette, help, go]);
}

// Light, dark, or what the system says. Remembered in this browser.
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const store = "theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

function chosen(): Theme {
  const kept = localStorage.getItem(store);
  return kept === "light" || kept === "dark" ? kept : "system";
}

function apply(): void {
  const theme = chosen();
  document.documentElement.dataset.theme = theme === "system" ? (system.matches ? "dark" : "light") : theme;
  for (const w of watchers) w();
}

export function startTheme(): void {
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", (e) => e.key === store && apply());
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(store, theme);
  apply();
}

export function useTheme(): Theme {
  return useSyncExternalStore((w) => {
    watchers.add(w);
    return () => watchers.delete(w);
  }, chosen);
}

// isDark is what is drawn now, whoever decided it.
export function isDark(): boolean {
  return document.documentElement.dataset.theme === "dark";
}

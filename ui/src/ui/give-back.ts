// A dialog gives the focus back to whatever had it. Radix does so only for a button of its own.
import { useState } from "react";

// useGiveBack returns what a dialog does with the focus when it closes. It looks who has it before a field of the dialog
// takes it.
export function useGiveBack(): (e: Event) => void {
  const [before] = useState(() => document.activeElement);
  return (e) => {
    if (!(before instanceof HTMLElement) || before === document.body || !before.isConnected) return;
    e.preventDefault();
    before.focus({ preventScroll: true });
  };
}

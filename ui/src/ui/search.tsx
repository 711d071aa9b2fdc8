// A search field that waits until one stops typing. "/" puts the cursor into it (frame/keys), Escape goes on to
// what it has found.
import { useEffect, useRef, useState } from "react";

const patience = 200; // ms without a key
const keyboard = matchMedia("(hover: hover)"); // where there is no mouse there are seldom keys

interface SearchProps {
  value: string;
  onChange: (q: string) => void;
  label: string;
  further?: boolean; // another one comes before it, and has the key
}

export function Search({ value, onChange, label, further = false }: SearchProps) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    // Somebody else changed it: back and forward, or a link.
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      onChange(text);
    }, patience);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <input
      type="search"
      className="input search"
      data-keys={further ? undefined : "search"}
      aria-label={label}
      placeholder={further || !keyboard.matches ? label : `${label}  /`}
      value={text}
      autoComplete="off"
      spellCheck={false}
      onChange={(e) => setText(e.target.value)}
      onKeyDown={(e) => {
        if (e.key !== "Escape") return;
        const rows = document.querySelector<HTMLElement>('[data-keys="rows"]');
        if (!rows) {
          e.currentTarget.blur();
          return;
        }
        e.preventDefault(); // browsers empty the field: what was found would be gone
        rows.focus();
      }}
    />
  );
}

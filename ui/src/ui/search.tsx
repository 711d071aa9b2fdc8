// A search field that waits until one stops typing. "/" puts the cursor into it (frame/keys), Escape goes on to
// what it has found.
import { useEffect, useRef, useState } from "react";

const patience = 200; // ms without a key

export function Search({ value, onChange, label }: { value: string; onChange: (q: string) => void; label: string }) {
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
      data-keys="search"
      aria-label={label}
      placeholder={`${label}  /`}
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

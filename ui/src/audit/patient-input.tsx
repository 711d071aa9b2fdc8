// A filter that one types: it holds as soon as one stops typing.
import { useEffect, useRef, useState } from "react";

const patience = 250; // ms without a key

interface PatientInputProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

export function PatientInput({ label, value, onChange }: PatientInputProps) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  const tell = useRef(onChange);
  tell.current = onChange;
  useEffect(() => {
    // Somebody else changed it: back and forward, or a link.
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return;
    const timer = setTimeout(() => {
      told.current = text;
      tell.current(text);
    }, patience);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      className="input"
      aria-label={label}
      placeholder={label}
      value={text}
      autoComplete="off"
      spellCheck={false}
      onChange={(e) => setText(e.target.value)}
    />
  );
}

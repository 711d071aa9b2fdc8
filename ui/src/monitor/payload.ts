// Payloads: as text, as JSON, as bytes; the numbers in them; what changed since the last one.
export interface Payload {
  payload: string | null;
  encoding: string | null;
}

// bytesOf returns the bytes of a payload.
export function bytesOf(p: Payload): Uint8Array {
  if (p.payload === null) return new Uint8Array();
  if (p.encoding !== "base64") return new TextEncoder().encode(p.payload);
  const text = atob(p.payload);
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function pairs(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}

// hex writes bytes as a hex dump has them: offset, sixteen bytes, what is text of them.
export function hex(bytes: Uint8Array, most = 4096): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const row = bytes.slice(at, at + 16);
    const text = Array.from(row, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "."));
    lines.push(`${at.toString(16).padStart(6, "0")}  ${pairs(row).padEnd(47)}  ${text.join("")}`);
  }
  if (bytes.length > most) lines.push(`… ${bytes.length - most} bytes more`);
  return lines.join("\n");
}

// json returns the value of a payload that is JSON, and undefined for others. A plain word or number is JSON too.
export function json(p: Payload): { value: unknown } | undefined {
  if (p.payload === null || p.encoding === "base64") return undefined;
  try {
    return { value: JSON.parse(p.payload) };
  } catch {
    return undefined;
  }
}

export interface Field {
  path: string; // dots between names, as in sensor.temperature; "" for a payload that is a number itself
  value: number;
}

const mostFields = 64;
const deepest = 6;

// numbers finds the numbers in a payload, with the paths to them.
export function numbers(p: Payload): Field[] {
  const parsed = json(p);
  if (!parsed) return [];
  const found: Field[] = [];
  const walk = (value: unknown, path: string, depth: number) => {
    if (found.length >= mostFields || depth > deepest) return;
    if (typeof value === "number" && Number.isFinite(value)) found.push({ path, value });
    else if (typeof value === "boolean") found.push({ path, value: value ? 1 : 0 });
    else if (Array.isArray(value))
      for (const [i, v] of value.slice(0, 8).entries()) walk(v, join(path, String(i)), depth + 1);
    else if (value && typeof value === "object")
      for (const [k, v] of Object.entries(value)) walk(v, join(path, k), depth + 1);
  };
  walk(parsed.value, "", 0);
  return found;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

export interface Change {
  path: string;
  before: string | undefined;
  after: string | undefined;
}

// changes says which fields of two payloads differ. Of those that are no JSON the whole is the field.
export function changes(before: Payload, after: Payload): Change[] {
  const one = flat(before);
  const two = flat(after);
  const changed: Change[] = [];
  for (const path of new Set([...one.keys(), ...two.keys()])) {
    if (one.get(path) !== two.get(path)) changed.push({ path, before: one.get(path), after: two.get(path) });
  }
  return changed.slice(0, mostFields);
}

function flat(p: Payload): Map<string, string> {
  const parsed = json(p);
  const fields = new Map<string, string>();
  if (!parsed) {
    fields.set("", p.encoding === "base64" ? pairs(bytesOf(p)) : (p.payload ?? ""));
    return fields;
  }
  const walk = (value: unknown, path: string, depth: number) => {
    if (value && typeof value === "object" && depth < deepest && fields.size < 1000) {
      for (const [k, v] of Object.entries(value)) walk(v, join(path, k), depth + 1);
    } else fields.set(path, JSON.stringify(value) ?? "");
  };
  walk(parsed.value, "", 0);
  return fields;
}

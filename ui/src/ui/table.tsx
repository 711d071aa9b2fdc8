// A table of any length: its head stays, only the rows in sight are drawn, more are asked for near the end. One row is
// current: j, k and the arrows move it, Enter opens it, Space selects it.
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { Button } from "./button";
import { Icon } from "./icon";
import { Menu } from "./menu";
import { ProblemNotice, Waiting } from "./say";

export interface Column<T> {
  id: string;
  title: string;
  width: string; // a track of a grid, as in "minmax(160px, 2fr)"
  cell: (row: T) => ReactNode;
  end?: boolean; // numbers stand at the end
  hidden?: boolean; // until the reader chooses it
  sort?: string; // what the server calls this order
}

export interface TableProps<T> {
  name: string; // under which the choice of columns is remembered
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  total?: number | null | undefined;
  waiting?: boolean;
  problem?: unknown;
  onRetry?: () => void;
  hasMore?: boolean;
  onMore?: () => void;
  onOpen?: (row: T) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (next: Set<string>) => void;
  empty: ReactNode;
  quiet?: (row: T) => boolean; // rows that matter less
  stale?: boolean; // what is shown is old, because nothing new comes
  sort?: string;
  onSort?: (sort: string) => void;
}

const rowHeight = 36;
const nearEnd = 30; // rows before the end at which more are asked for

export function Table<T>(p: TableProps<T>) {
  const [shown, choice] = useColumns(p.name, p.columns);
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const id = useId();
  const rows = useVirtualizer({
    count: p.rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: 32,
  });
  const items = rows.getVirtualItems();
  const last = items[items.length - 1]?.index ?? -1;
  const { hasMore, onMore } = p;
  useEffect(() => {
    if (hasMore && last >= p.rows.length - nearEnd) onMore?.();
  }, [hasMore, onMore, last, p.rows.length]);

  const widths = [p.selected ? "36px" : "", ...shown.map((c) => c.width), "36px"].filter(Boolean);
  const tracks = { gridTemplateColumns: widths.join(" "), minWidth: least(widths) };
  const select = (row: T) => {
    if (!p.selected || !p.onSelect) return;
    const next = new Set(p.selected);
    const key = p.rowKey(row);
    if (!next.delete(key)) next.add(key);
    p.onSelect(next);
  };
  const move = (to: number) => {
    const index = Math.max(0, Math.min(p.rows.length - 1, to));
    setAt(index);
    rows.scrollToIndex(index);
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.target !== e.currentTarget || e.ctrlKey || e.metaKey || e.altKey) return;
    const row = p.rows[at];
    const page = Math.floor((box.current?.clientHeight ?? 400) / rowHeight) - 2;
    const steps: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[e.key];
    if (step !== undefined) move(at + step);
    else if (e.key === "Home") move(0);
    else if (e.key === "End") move(p.rows.length - 1);
    else if (e.key === "Enter" && row && p.onOpen) p.onOpen(row);
    else if (e.key === " " && row && p.selected) select(row);
    else return;
    e.preventDefault();
  };

  return (
    <div className="stack" style={{ gap: 6 }}>
      <div ref={box} className="table">
        <div
          role="grid"
          data-keys="rows"
          aria-label={p.label}
          aria-rowcount={p.total ?? p.rows.length}
          aria-busy={p.waiting || undefined}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          tabIndex={0}
          onKeyDown={onKey}
        >
          <div role="rowgroup" className="thead tr" style={{ ...tracks, display: "grid" }}>
            <div role="row" style={{ display: "contents" }}>
              {p.selected && (
                <div role="columnheader" className="th">
                  <SelectAll rows={p.rows} rowKey={p.rowKey} selected={p.selected} onSelect={p.onSelect} />
                </div>
              )}
              {shown.map((c) => (
                <div
                  key={c.id}
                  role="columnheader"
                  className={`th ${c.end ? "end" : ""}`}
                  aria-sort={c.sort && c.sort === p.sort ? (c.end ? "descending" : "ascending") : undefined}
                >
                  {c.sort && p.onSort ? (
                    <button type="button" onClick={() => c.sort && p.onSort?.(c.sort)}>
                      {c.title}
                      {c.sort === p.sort && (c.end ? " ↓" : " ↑")}
                    </button>
                  ) : (
                    c.title
                  )}
                </div>
              ))}
              <div role="columnheader" className="th" style={{ padding: 0 }}>
                {choice}
              </div>
            </div>
          </div>
          <div
            role="rowgroup"
            className={`tbody ${p.stale ? "stale" : ""}`}
            onPointerOver={nameCut}
            style={{ height: rows.getTotalSize(), position: "relative" }}
          >
            {items.map((item) => {
              const row = p.rows[item.index];
              if (row === undefined) return null;
              const key = p.rowKey(row);
              return (
                <div
                  key={key}
                  id={`${id}-${item.index}`}
                  role="row"
                  aria-rowindex={item.index + 1}
                  aria-selected={p.selected?.has(key)}
                  data-current={item.index === at || undefined}
                  className={`tr ${p.onOpen ? "opens" : ""} ${p.quiet?.(row) ? "quiet" : ""}`}
                  style={{
                    ...tracks,
                    position: "absolute",
                    insetInline: 0,
                    transform: `translateY(${item.start - 32}px)`,
                  }}
                  onClick={(e) => {
                    // Clicks in a menu that a cell has opened come here too, though it stands elsewhere.
                    if (!e.currentTarget.contains(e.target as Node)) return;
                    setAt(item.index);
                    if ((e.target as Element).closest("a,button,input,label") || getSelection()?.toString()) return;
                    p.onOpen?.(row);
                  }}
                >
                  {p.selected && (
                    <div role="gridcell" className="td">
                      <input
                        type="checkbox"
                        tabIndex={-1}
                        aria-label={`Select ${key}`}
                        checked={p.selected.has(key)}
                        onChange={() => select(row)}
                      />
                    </div>
                  )}
                  {shown.map((c) => (
                    <div key={c.id} role="gridcell" className={`td ${c.end ? "end number" : ""}`}>
                      {c.cell(row)}
                    </div>
                  ))}
                  <div role="gridcell" className="td" style={{ padding: 8 }}>
                    {p.onOpen && <Icon name="right" size={14} />}
                  </div>
                </div>
              );
            })}
          </div>
        </div>
        {p.waiting && p.rows.length === 0 && <Waiting what="the list" />}
        {p.problem != null && (
          <div style={{ padding: 12 }}>
            <ProblemNotice problem={p.problem} retry={p.onRetry} />
          </div>
        )}
        {!p.waiting && !p.problem && p.rows.length === 0 && p.empty}
      </div>
    </div>
  );
}

// nameCut lets a cell that has no room for all of its text say it all when one points at it.
function nameCut(e: PointerEvent): void {
  const cell = (e.target as Element).closest<HTMLElement>(".td");
  if (!cell) return;
  const cut = [cell, ...cell.querySelectorAll("*")].some((part) => part.scrollWidth > part.clientWidth + 1);
  cell.title = cut ? (cell.textContent ?? "") : "";
}

// least is how wide a row is at the least: every row must be as wide as the others, whatever stands in it.
function least(widths: string[]): number {
  return widths.reduce((sum, width) => sum + Number(/\d+/.exec(width)?.[0] ?? 0), 0);
}

interface SelectAllProps<T> {
  rows: T[];
  rowKey: (row: T) => string;
  selected: ReadonlySet<string>;
  onSelect: ((next: Set<string>) => void) | undefined;
}

function SelectAll<T>({ rows, rowKey, selected, onSelect }: SelectAllProps<T>) {
  const all = rows.length > 0 && selected.size >= rows.length;
  return (
    <input
      type="checkbox"
      aria-label="Select all loaded rows"
      checked={all}
      ref={(box) => {
        if (box) box.indeterminate = selected.size > 0 && !all;
      }}
      onChange={() => onSelect?.(all ? new Set() : new Set(rows.map(rowKey)))}
    />
  );
}

// useColumns returns the columns that the reader chose, and the menu to choose them.
function useColumns<T>(name: string, columns: Column<T>[]): [Column<T>[], ReactNode] {
  const store = `columns.${name}`;
  const [flipped, setFlipped] = useState<string[]>(() => {
    try {
      return JSON.parse(localStorage.getItem(store) ?? "[]") as string[];
    } catch {
      return [];
    }
  });
  const isShown = (c: Column<T>) => flipped.includes(c.id) === Boolean(c.hidden);
  const shown = useMemo(() => columns.filter((c, i) => i === 0 || isShown(c)), [columns, flipped]);
  const flip = (id: string) => {
    const next = flipped.includes(id) ? flipped.filter((other) => other !== id) : [...flipped, id];
    setFlipped(next);
    localStorage.setItem(store, JSON.stringify(next));
  };
  const menu = (
    <Menu
      button={<Button look="plain" icon="more" aria-label="Choose columns" style={{ minHeight: 28 }} />}
      items={columns.slice(1).map((c) => ({
        label: (
          <>
            <input type="checkbox" readOnly tabIndex={-1} aria-hidden="true" checked={isShown(c)} /> {c.title}
          </>
        ),
        onSelect: () => flip(c.id),
      }))}
    />
  );
  return [shown, menu];
}

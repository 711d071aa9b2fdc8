// The topics as a tree, level by level: what lies below a level is asked for when it is opened, in pages. Counts stay
// fresh without rows moving.
import { useInfiniteQuery } from "@tanstack/react-query";
import { type FocusEvent, type ReactNode, useRef, useState } from "react";
import { api, type Schemas, take } from "../api/client";
import { Button } from "../ui/button";
import { count, many } from "../ui/format";
import { Icon } from "../ui/icon";
import { Empty, ProblemNotice, Waiting } from "../ui/say";
import { Text } from "../ui/text";

type Level = Schemas["Level"];

const pageSize = 200;
const freshFor = 3_000; // ms between looks at the levels that are open

interface TreeProps {
  chosen: string | undefined;
  onChoose: (topic: string) => void;
}

export function TopicTree({ chosen, onChoose }: TreeProps) {
  return (
    <div className="tree">
      <Levels prefix="" depth={1} chosen={chosen} onChoose={onChoose} />
    </div>
  );
}

// Rows is the tree itself. It is one stop of the Tab key: the focus goes to the row where it was, or to the chosen one.
function Rows({ children }: { children: ReactNode }) {
  const [inside, setInside] = useState(false);
  const last = useRef<HTMLElement>(null);
  const enter = (e: FocusEvent<HTMLElement>) => {
    setInside(true);
    if (e.target !== e.currentTarget) {
      last.current = e.target;
      return;
    }
    const row = (selector: string) => e.currentTarget.querySelector<HTMLElement>(`[role=treeitem]${selector}`);
    const there = last.current?.isConnected ? last.current : (row("[aria-selected=true]") ?? row(""));
    there?.focus();
  };
  return (
    <div
      role="tree"
      aria-label="Topics by level"
      data-keys="rows"
      tabIndex={inside ? -1 : 0}
      onFocus={enter}
      onBlur={(e) => setInside(e.currentTarget.contains(e.relatedTarget))}
      // j and k that led here (frame/keys) have done what they should: the focus is on a row.
      onKeyDown={(e) => e.target === e.currentTarget && e.stopPropagation()}
    >
      {children}
    </div>
  );
}

function Levels({ prefix, depth, chosen, onChoose }: TreeProps & { prefix: string; depth: number }) {
  const { data, error, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["topic tree", prefix],
    queryFn: ({ signal, pageParam }) =>
      take(
        api.GET("/monitor/topics/tree", { params: { query: { prefix, limit: pageSize, cursor: pageParam } }, signal }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: freshFor,
  });
  if (error && !data)
    return (
      <Instead depth={depth}>
        <ProblemNotice problem={error} retry={() => void refetch()} />
      </Instead>
    );
  if (isPending)
    return (
      <Instead depth={depth}>
        <Waiting what="topics" rows={depth === 1 ? 6 : 1} />
      </Instead>
    );
  const levels = data.pages.flatMap((page) => page.levels);
  if (levels.length === 0 && depth === 1) {
    return (
      <Empty example="mosquitto_pub -u NAME -P PASSWORD -t house/kitchen/temperature -m 21.5">
        Nothing has been published yet.
      </Empty>
    );
  }
  const rows = (
    <>
      {levels.map((level) => (
        <Branch key={level.prefix} level={level} depth={depth} chosen={chosen} onChoose={onChoose} />
      ))}
      {hasNextPage && (
        <Button
          role="treeitem"
          aria-level={depth}
          tabIndex={-1}
          look="plain"
          busy={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
          onKeyDown={(e) => {
            if (e.key === "ArrowUp" || e.key === "k") step(e.currentTarget, -1);
          }}
          style={{ marginLeft: depth * 16 }}
        >
          {count((data.pages[0]?.total ?? 0) - levels.length)} more
        </Button>
      )}
    </>
  );
  if (depth > 1) return rows;
  return <Rows>{rows}</Rows>;
}

// Instead stands where rows will be: a tree holds rows and nothing else.
function Instead({ depth, children }: { depth: number; children: ReactNode }) {
  if (depth === 1) return children;
  return (
    <div role="treeitem" aria-level={depth} tabIndex={-1}>
      {children}
    </div>
  );
}

function Branch({ level, depth, chosen, onChoose }: TreeProps & { level: Level; depth: number }) {
  const topic = level.prefix.slice(0, -1); // without the slash behind it
  const [open, setOpen] = useState(chosen?.startsWith(level.prefix) ?? false);
  const branches = level.topics > (level.leaf ? 1 : 0);
  const choose = () => (level.leaf ? onChoose(topic) : setOpen(!open));
  return (
    <>
      <div
        role="treeitem"
        aria-level={depth}
        aria-expanded={branches ? open : undefined}
        aria-selected={level.leaf && chosen === topic}
        tabIndex={-1}
        className="level"
        style={{ paddingLeft: depth * 16 - 8 }}
        onClick={choose}
        onKeyDown={(e) => {
          if (e.key === "Enter" || e.key === " ") choose();
          else if (e.key === "ArrowRight" && branches) setOpen(true);
          else if (e.key === "ArrowLeft" && branches) setOpen(false);
          else if (e.key === "ArrowDown" || e.key === "j") step(e.currentTarget, 1);
          else if (e.key === "ArrowUp" || e.key === "k") step(e.currentTarget, -1);
          else return;
          e.preventDefault();
          e.stopPropagation();
        }}
      >
        <span
          className="twist"
          onClick={(e) => {
            if (!branches) return;
            e.stopPropagation();
            setOpen(!open);
          }}
        >
          {branches && <Icon name={open ? "down" : "right"} size={14} />}
        </span>
        <span className="mono name">
          {level.name === "" ? <span className="quiet">(empty)</span> : <Text>{level.name}</Text>}
        </span>
        <span className="quiet small number">
          {branches ? `${many(level.topics, "topic")} · ` : ""}
          {many(level.messages, "message")}
        </span>
      </div>
      {open && branches && <Levels prefix={level.prefix} depth={depth + 1} chosen={chosen} onChoose={onChoose} />}
    </>
  );
}

// step moves the focus to the next or the previous row in sight.
function step(from: HTMLElement, by: number): void {
  const rows = [...(from.closest("[role=tree]")?.querySelectorAll<HTMLElement>("[role=treeitem]") ?? [])];
  rows[rows.indexOf(from) + by]?.focus();
}

// The topics as a tree, level by level: what lies below a level is asked for when it is opened, in pages. Counts stay
// fresh without rows moving.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
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
    <div className="tree" role="tree" aria-label="Topics by level">
      <Levels prefix="" depth={1} chosen={chosen} onChoose={onChoose} />
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
  if (error && !data) return <ProblemNotice problem={error} retry={() => void refetch()} />;
  if (isPending) return <Waiting what="topics" rows={depth === 1 ? 6 : 1} />;
  const levels = data.pages.flatMap((page) => page.levels);
  if (levels.length === 0 && depth === 1) {
    return (
      <Empty example="mosquitto_pub -u NAME -P PASSWORD -t house/kitchen/temperature -m 21.5">
        Nothing has been published yet.
      </Empty>
    );
  }
  return (
    <>
      {levels.map((level) => (
        <Branch key={level.prefix} level={level} depth={depth} chosen={chosen} onChoose={onChoose} />
      ))}
      {hasNextPage && (
        <Button
          look="plain"
          busy={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
          style={{ marginLeft: depth * 16 }}
        >
          {count((data.pages[0]?.total ?? 0) - levels.length)} more
        </Button>
      )}
    </>
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
        tabIndex={0}
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
          {count(level.messages)}
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

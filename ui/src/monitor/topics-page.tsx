// The page Topics: what is published, as a tree or as a list, and the one that was chosen.
import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { useFilters } from "../frame/link";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { count } from "../ui/format";
import { Heading } from "../ui/heading";
import { Notice } from "../ui/say";
import { Search } from "../ui/search";
import { Segments } from "../ui/segments";
import { ObserveAll } from "./observe-all";
import { PublishForm } from "./publish-form";
import { TopicList } from "./topic-list";
import { TopicTree } from "./topic-tree";
import { TopicValue } from "./topic-value";
import { WatchPanel } from "./watch-panel";

type View = "tree" | "list";

export function Page() {
  const [filters, setFilters] = useFilters();
  const q = filters.q ?? "";
  const view: View = q || filters.view === "list" ? "list" : "tree";
  const sort = filters.sort === "rate" || filters.sort === "last" ? filters.sort : "topic";
  const choose = (topic: string) => setFilters({ topic, field: undefined });
  return (
    <>
      <Heading
        title="Topics"
        actions={
          useMay("monitor:publish") && (
            <Button look="primary" data-keys="new" onClick={() => setFilters({ publish: "1" })}>
              Publish
            </Button>
          )
        }
      >
        What clients publish, with the last value of each topic.
      </Heading>
      <Observed />
      <div className="toolbar">
        <Search label="Search topics" value={q} onChange={(text) => setFilters({ q: text }, true)} />
        <Segments
          label="Show topics as"
          value={view}
          onChange={(next) => setFilters({ view: next === "list" ? "list" : undefined, q: undefined })}
          options={[
            { value: "tree", label: "Tree" },
            { value: "list", label: "List" },
          ]}
        />
      </div>
      <div className="topics" data-view={view} data-chosen={filters.topic !== undefined || undefined}>
        <div>
          {view === "tree" ? (
            <TopicTree chosen={filters.topic} onChoose={choose} />
          ) : (
            <TopicList
              q={q}
              sort={sort}
              onSort={(next) => setFilters({ sort: next === "topic" ? undefined : next, view: "list" })}
              onOpen={choose}
            />
          )}
        </div>
        <div className="stack">
          {filters.topic !== undefined && (
            <TopicValue
              key={filters.topic}
              topic={filters.topic}
              onPublish={() => setFilters({ publish: "1" })}
              onClose={() => setFilters({ topic: undefined, field: undefined })}
            />
          )}
          <WatchPanel />
        </div>
      </div>
      {filters.publish && (
        <PublishForm topic={filters.topic ?? ""} onClose={() => setFilters({ publish: undefined }, true)} />
      )}
    </>
  );
}

// Observed says what of the broker is not seen here.
function Observed() {
  const { data } = useQuery({
    queryKey: ["topics note"],
    queryFn: ({ signal }) => take(api.GET("/monitor/topics", { params: { query: { limit: 1 } }, signal })),
    // What was asked for is granted a moment later.
    refetchInterval: ({ state }) => (state.data?.observed.includes("#") ? 30_000 : 2_000),
  });
  if (!data) return null;
  return (
    <>
      {!data.observed.includes("#") && <ObserveAll observed={data.observed.filter((f) => !f.startsWith("$SYS/"))} />}
      {data.evicted > 0 && (
        <Notice>
          There are more topics than fit: {count(data.evicted)} that were of little use have made room for others.
        </Notice>
      )}
      {!data.payloads && <Notice>Your role sees topics, sizes and rates, not what messages say.</Notice>}
    </>
  );
}

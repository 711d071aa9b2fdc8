// The page Anomalies: what is strange, what is watched, the plain rules of people, and how people are told.
import { Link, useFilters } from "../frame/link";
import { Heading } from "../ui/heading";
import { AlertsTab } from "./alerts-tab";
import { RulesTab } from "./rules-tab";
import { SeriesTab } from "./series-tab";
import { SettingsTab } from "./settings-tab";

const tabs = [
  ["alerts", "Alerts", AlertsTab],
  ["series", "Series", SeriesTab],
  ["rules", "Rules and maintenance", RulesTab],
  ["settings", "Settings", SettingsTab],
] as const;

export function Page() {
  const [filters] = useFilters();
  const [tab, , Tab] = tabs.find(([name]) => name === filters.tab) ?? tabs[0];
  return (
    <>
      <Heading title="Anomalies">
        What is unlike itself: each series is compared with what it did before, each client with how it behaves.
      </Heading>
      <nav className="tabs" aria-label="Parts of this page">
        {tabs.map(([name, title]) => (
          <Link
            key={name}
            to="/anomalies"
            exact
            search={{ tab: name === "alerts" ? undefined : name }}
            aria-current={name === tab ? "page" : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <Tab />
    </>
  );
}

// The page Anomalies: what is strange, what is watched, the plain rules of people, and how people are told.
import { useFilters } from "../frame/link";
import { Heading } from "../ui/heading";
import { Tabs } from "../ui/tabs";
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
      <Tabs
        to="/anomalies"
        label="Parts of this page"
        at={tab}
        tabs={tabs.map(([name, title]) => [name, title] as const)}
      />
      <Tab />
    </>
  );
}

// The tab Settings: how touchy the detectors are, what they leave alone, and how people are told.
import { useQuery } from "@tanstack/react-query";
import { useMay } from "../frame/session";
import { Notice, ProblemNotice, Waiting } from "../ui/say";
import { Channels } from "./channels";
import { Detectors } from "./detectors";
import { settingsQuery } from "./settings";

export function SettingsTab() {
  const change = useMay("settings:write");
  const { data, error, refetch } = useQuery(settingsQuery);
  if (!data) {
    return error ? (
      <ProblemNotice problem={error} retry={() => void refetch()} />
    ) : (
      <Waiting what="the settings" rows={8} />
    );
  }
  return (
    <div className="stack">
      {!change && <Notice>Your role may see these settings. An admin can change them.</Notice>}
      <Channels settings={data} />
      <Detectors settings={data} />
    </div>
  );
}

// The settings of the detectors and of the channels, as the server has them.
import { queryOptions } from "@tanstack/react-query";
import { api, type Schemas, take } from "../api/client";

export type Settings = Schemas["AlertSettings"];
export type Fields = Schemas["AlertSettingsFields"];
export type Channel = Schemas["Channel"];
export type ChannelStatus = Schemas["ChannelStatus"];

export const settingsQuery = queryOptions({
  queryKey: ["ai", "settings"],
  queryFn: ({ signal }) => take(api.GET("/settings/anomaly", { signal })),
});

export const channelsQuery = queryOptions({
  queryKey: ["ai", "channels"],
  queryFn: ({ signal }) => take(api.GET("/ai/channels", { signal })),
  refetchInterval: 5_000,
});

export async function saveSettings(body: Fields): Promise<Settings> {
  return take(api.PUT("/settings/anomaly", { body }));
}

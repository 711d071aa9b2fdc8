// Whether events are being recorded. Nothing is shown while they are.
import { Notice, sentence } from "../ui/say";
import { Ago } from "../ui/time";
import type { Recording } from "./events";

const states: Record<string, string> = {
  catching_up: "Events of the time when BunkerM did not run are being read. The newest come last.",
  paused: "Events are not stored at the moment.",
  failing: "Events cannot be stored at the moment. Nothing is lost yet.",
  off: "No events are recorded, because there is no log of the broker to read.",
};

export function RecordingNotice({ recording }: { recording: Recording | undefined }) {
  if (!recording || recording.state === "recording") return null;
  return (
    <Notice tone={recording.state === "catching_up" ? "notice" : recording.state === "failing" ? "bad" : "warning"}>
      <div>
        {states[recording.state] ?? sentence(recording.state)}
        {recording.since && (
          <>
            {" "}
            Since <Ago at={recording.since} />.
          </>
        )}
      </div>
      {recording.detail && <div>{sentence(recording.detail)}</div>}
      {recording.hint && <div>{sentence(recording.hint)}</div>}
    </Notice>
  );
}

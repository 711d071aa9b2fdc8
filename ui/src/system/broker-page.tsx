// The page Settings > Broker: keys of the API, how devices reach the broker, what is observed, recorded and kept.
import { FurtherKeys } from "../auth/further-keys";
import { PrimaryKey } from "../auth/primary-key";
import { useMay } from "../frame/session";
import { Heading } from "../ui/heading";
import { Notice } from "../ui/say";
import { Devices } from "./devices";
import { Observation } from "./observation";
import { PublishEvents } from "./publish-events";
import { Retention } from "./retention";

export function Page() {
  const keys = useMay("users:admin");
  const events = useMay("clientlogs:read");
  const change = useMay("settings:write");
  return (
    <>
      <Heading title="Broker">How the broker is reached, and what BunkerM sees and keeps of it.</Heading>
      <div className="stack">
        {!change && <Notice>Your role may see these settings. An admin can change them.</Notice>}
        <div className="columns">
          <div className="stack">
            <Devices />
            {keys && <PrimaryKey />}
            {keys && <FurtherKeys />}
          </div>
          <div className="stack">
            <Observation />
            {events && <PublishEvents />}
            <Retention />
          </div>
        </div>
      </div>
    </>
  );
}

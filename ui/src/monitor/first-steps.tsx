// For an installation that nobody has connected to yet: what to do first.
import { Link } from "../frame/link";
import { useMay } from "../frame/session";

export function FirstSteps() {
  const may = useMay("dynsec:write");
  return (
    <section className="panel stack" aria-label="First steps">
      <h2>First steps</h2>
      <p>Nobody gets into this broker unasked. To see your first device here:</p>
      <ol style={{ paddingLeft: 20 }} className="stack">
        <li>
          {may ? (
            <Link to="/clients" search={{ new: "1", own: "1" }}>
              Create a client
            </Link>
          ) : (
            "Have an operator create a client"
          )}
          : a name and a password for the device, which may then use the topics below its name.
        </li>
        <li>
          Copy the lines that are shown for it into the device: mosquitto_pub, Python, ESPHome, Tasmota or Home
          Assistant.
        </li>
        <li>
          Watch it come: it appears under <Link to="/sessions">Sessions</Link>, what it does under{" "}
          <Link to="/events">Events</Link>, what it says under <Link to="/topics">Topics</Link>.
        </li>
      </ol>
    </section>
  );
}

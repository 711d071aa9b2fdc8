// What can be had of this broker, and why the rest cannot.
import type { Schemas } from "../api/client";
import { Badge, sentence } from "../ui/say";

export function Features({ features }: { features: Schemas["FeatureFacts"][] }) {
  return (
    <section className="panel">
      <h2>What this broker allows</h2>
      <ul className="things">
        {features.map((f) => (
          <li key={f.feature}>
            <div>
              {f.feature.charAt(0).toUpperCase() + f.feature.slice(1)}
              {f.why_not && <div className="quiet small">{sentence(f.why_not)}</div>}
            </div>
            {f.available ? <Badge tone="good">yes</Badge> : <Badge>no</Badge>}
          </li>
        ))}
      </ul>
    </section>
  );
}

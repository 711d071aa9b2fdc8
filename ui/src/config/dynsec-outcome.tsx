// What a dynamic security file that was put in place has done.
import type { Schemas } from "../api/client";
import { Link } from "../frame/link";
import { Notice } from "../ui/say";

export function DynsecOutcome({ done }: { done: Schemas["DynsecChanged"] }) {
  return (
    <Notice tone="good">
      <strong>
        {done.effect === "none"
          ? "It is what the broker has already."
          : done.effect === "live"
            ? "The broker has it. Only the clients concerned were disturbed."
            : "The broker was restarted with it."}
      </strong>
      {done.version > 0 && (
        <div>
          It is{" "}
          <Link to="/admin/config" search={{ tab: "versions", version: String(done.version) }}>
            version {done.version}
          </Link>
          .
        </div>
      )}
    </Notice>
  );
}

// What an applied change has done.
import { Link } from "../frame/link";
import { count } from "../ui/format";
import { Notice } from "../ui/say";
import type { Applied } from "./review";

const ways = {
  none: "Nothing had to be told to the broker",
  reload: "The broker read its files again",
  restart: "The broker was restarted",
};

export function Outcome({ done }: { done: Applied }) {
  const version = (
    <Link to="/admin/config" search={{ tab: "versions", version: String(done.version) }}>
      Version {done.version}
    </Link>
  );
  if (!done.applied) {
    return (
      <Notice tone="good">
        <strong>{version} is kept as a draft.</strong>
        <div>Nothing was written. It can be applied from the versions.</div>
      </Notice>
    );
  }
  return (
    <Notice tone="good">
      <strong>{version} is live.</strong>
      <div>
        {ways[done.effect]}
        {done.took_ms > 0 && `, and was proven to do what they say ${count(done.took_ms)} ms after the first write`}.
      </div>
    </Notice>
  );
}

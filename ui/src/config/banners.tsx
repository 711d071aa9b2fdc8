// What one has to know before anything else: files that the broker does not run with, and what somebody else changed.
import { useState } from "react";
import type { Problem } from "../api/problem";
import { Link } from "../frame/link";
import { Button } from "../ui/button";
import { Notice, Snippet, sentence } from "../ui/say";
import { Text } from "../ui/text";
import { FileDiffs } from "./file-diff";
import { between } from "./merge";
import { type Order, OrderDialog } from "./process";
import type { ChangedEvent, Config, Live } from "./state";

export function Pending({ pending, allowed }: { pending: NonNullable<Config["pending"]>; allowed: Config["allowed"] }) {
  const [order, setOrder] = useState<Order>();
  const needed: Order = pending.effect.kind === "restart" ? "restart" : "reload";
  const keys = [...new Set(pending.effect.reasons.map((r) => r.key))];
  return (
    <>
      <Notice
        tone="warning"
        action={
          allowed.process && (
            <Button onClick={() => setOrder(needed)}>{needed === "restart" ? "Restart…" : "Reload…"}</Button>
          )
        }
      >
        <strong>
          <Text>{sentence(pending.message)}</Text>
        </strong>
        <div>
          {needed === "restart" ? "It takes a restart" : "It takes a reload, which disconnects nobody"}
          {keys.length > 0 && (
            <>
              , because of{" "}
              <span className="mono">
                <Text>{keys.slice(0, 6).join(", ")}</Text>
              </span>
              {keys.length > 6 && ` and ${keys.length - 6} more`}
            </>
          )}
          .
        </div>
      </Notice>
      {order && <OrderDialog order={order} onClose={() => setOrder(undefined)} />}
    </>
  );
}

// Changed tells of files that somebody else has changed: on disk, while one looks; or since one began to change them.
export function Changed(
  p:
    | { event: ChangedEvent; onClose: () => void; base?: undefined }
    | { base: Live; live: Live; onGoOn: () => void; event?: undefined },
) {
  if (p.event) {
    return (
      <Notice
        action={
          <span className="row">
            {p.event.version > 0 && (
              <Link
                className="button"
                to="/admin/config"
                search={{ tab: "versions", version: String(p.event.version) }}
                onClick={p.onClose}
              >
                Show what changed
              </Link>
            )}
            <Button icon="close" aria-label="Dismiss" onClick={p.onClose} />
          </span>
        }
      >
        <strong>
          {p.event.file === "broker" ? "The configuration" : "The dynamic security file"} was changed on disk.
        </strong>
        <div>
          It is kept as {p.event.version > 0 ? `version ${p.event.version}` : "a version"}, and this page shows it as it
          is now.
        </div>
      </Notice>
    );
  }
  return (
    <section className="panel stack drift" aria-label="What somebody else changed">
      <Notice tone="warning" action={<Button onClick={p.onGoOn}>Go on from there</Button>}>
        <strong>Somebody else changed the files since you began.</strong>
        <div>Nothing of yours was written, and it is still here. Below is what the other has changed.</div>
      </Notice>
      <FileDiffs
        diff={between(p.base.config, p.live.config)}
        none="Only secrets were changed, which are not shown here."
      />
    </section>
  );
}

// OutOfReach says what to do where BunkerM has neither the broker's files nor its process.
export function OutOfReach({ problem }: { problem: Problem }) {
  return (
    <div className="panel stack">
      <h2>BunkerM does not reach this broker's files</h2>
      <p>
        <Text>{sentence(problem.body.detail)}</Text>
      </p>
      {problem.body.hint && (
        <p>
          <Text>{sentence(problem.body.hint)}</Text>
        </p>
      )}
      <Snippet text="bunkerm serve --broker mqtts://localhost:8883 --broker-conf /etc/mosquitto/mosquitto.conf --broker-pid-file /run/mosquitto/mosquitto.pid" />
      <p className="quiet">
        Clients, roles and groups are managed here all the same. <Link to="/about">What this broker allows</Link>
      </p>
    </div>
  );
}

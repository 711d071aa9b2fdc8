// The door: nobody sees the pages before they signed in, or before the first account was made. When the session ends
// in the middle of work, the sign-in comes on top of the page, so that nothing typed is lost.
import { type ReactNode, useState } from "react";
import { asProblem } from "../api/problem";
import { SetUp } from "../auth/set-up";
import { SignIn } from "../auth/sign-in";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ProblemNotice, Waiting } from "../ui/say";
import { useSession } from "./session";

export function Door({ children }: { children: ReactNode }) {
  const { door, me, ended, begin } = useSession();
  if (me.data) {
    return (
      <>
        {children}
        {ended && <SignInAgain username={me.data.username} onSignedIn={begin} />}
      </>
    );
  }
  const stranger = door.data?.signed_in === false || (me.isError && asProblem(me.error).status === 401);
  if (stranger) {
    return (
      <main className="door">
        <div className="panel stack">
          <div className="row">
            <img src="./icon.svg" alt="" width={28} height={28} />
            <h1>BunkerM</h1>
          </div>
          {door.data?.needed ? <SetUp onDone={begin} /> : <SignIn onSignedIn={begin} />}
        </div>
      </main>
    );
  }
  const failed = door.isError ? door : me.isError ? me : undefined;
  return (
    <main className="door">
      <h1 className="visually-hidden">BunkerM</h1>
      {failed ? (
        <ProblemNotice problem={failed.error} retry={() => void failed.refetch()} />
      ) : (
        <Waiting what="BunkerM" />
      )}
    </main>
  );
}

function SignInAgain({
  username,
  onSignedIn,
}: {
  username: string;
  onSignedIn: Parameters<typeof SignIn>[0]["onSignedIn"];
}) {
  const [away, setAway] = useState(false);
  if (away) {
    return (
      <div className="toasts">
        <div className="toast" role="status">
          <span>Your session has ended. Nothing can be saved before you sign in again.</span>
          <Button onClick={() => setAway(false)}>Sign in</Button>
        </div>
      </div>
    );
  }
  return (
    <Dialog
      title="Your session has ended"
      about="Sign in again to go on. What you typed is still there."
      onClose={() => setAway(true)}
    >
      <SignIn username={username} onSignedIn={onSignedIn} />
    </Dialog>
  );
}

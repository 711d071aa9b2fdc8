// Secrets that are shown once: the dialog does not close by accident, before somebody says that they have kept it.
import { type ReactNode, useState } from "react";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { CheckField } from "../ui/field";
import { CopyButton, Notice } from "../ui/say";
import { Text } from "../ui/text";

interface ShownOnceProps {
  title: ReactNode;
  what: string; // as in "password"
  secret: string;
  children?: ReactNode; // what to do with it
  onClose: () => void;
}

export function ShownOnce({ title, what, secret, children, onClose }: ShownOnceProps) {
  const [kept, setKept] = useState(false);
  return (
    <Dialog wide title={title} onClose={() => kept && onClose()}>
      <div className="stack">
        <Notice tone="warning" action={<CopyButton text={secret} label={`Copy ${what}`} />}>
          <div>
            The {what} is{" "}
            <code style={{ overflowWrap: "anywhere" }}>
              <Text>{secret}</Text>
            </code>
          </div>
          <div>It is shown this once. Nobody can look it up later.</div>
        </Notice>
        {children}
        <div className="row apart">
          <CheckField label={`I have kept the ${what}`} checked={kept} onChange={(e) => setKept(e.target.checked)} />
          <Button look="primary" disabled={!kept} onClick={onClose}>
            Done
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

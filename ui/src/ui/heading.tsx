// The head of a page: its name, what it is in a sentence, and what can be done here. The browser's title follows it.
import { type ReactNode, useEffect } from "react";
import { visible } from "./text";

export function Heading({
  title,
  children,
  actions,
  name,
}: {
  title: ReactNode;
  name?: string;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  const plain = name ?? (typeof title === "string" ? title : "");
  useEffect(() => {
    document.title = plain ? `${visible(plain)} · BunkerM` : "BunkerM";
  }, [plain]);
  return (
    <div className="head">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {children && <div className="quiet">{children}</div>}
      </div>
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}

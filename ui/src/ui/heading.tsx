// The head of a page: its name, what it is in a sentence, and what can be done here. The browser's title follows it.
import { type ReactNode, useEffect, useRef } from "react";
import { visible } from "./text";
import { nameTitle } from "./title";

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
    nameTitle(visible(plain));
  }, [plain]);
  const line = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The focus waits on the page for its heading (frame/shell).
    if (document.activeElement?.id === "content") line.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className="head">
      <div>
        <h1 tabIndex={-1} ref={line}>
          {title}
        </h1>
        {children && <div className="quiet">{children}</div>}
      </div>
      {actions && <div className="row">{actions}</div>}
    </div>
  );
}

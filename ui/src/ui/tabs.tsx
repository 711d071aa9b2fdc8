// The parts of a page, each with an address of its own. The one that is shown is in sight, also where not all of them fit.
import { useEffect, useRef } from "react";
import { Link } from "../frame/link";

interface TabsProps {
  to: string;
  label: string;
  at: string;
  tabs: readonly (readonly [name: string, title: string])[]; // the first one needs no name in the address
}

export function Tabs({ to, label, at, tabs }: TabsProps) {
  const row = useRef<HTMLElement>(null);
  useEffect(() => {
    const box = row.current;
    const one = box?.querySelector<HTMLElement>("[aria-current]");
    if (box && one) box.scrollLeft = one.offsetLeft - (box.clientWidth - one.offsetWidth) / 2;
  }, [at]);
  return (
    <nav className="tabs" aria-label={label} ref={row}>
      {tabs.map(([name, title], i) => (
        <Link
          key={name}
          to={to}
          exact
          search={{ tab: i === 0 ? undefined : name }}
          aria-current={name === at ? "page" : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}

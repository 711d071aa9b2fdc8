// A menu behind a button.
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

export interface MenuItem {
  label: ReactNode;
  onSelect: () => void;
  bad?: boolean;
  disabled?: boolean;
}

export function Menu({ button, items }: { button: ReactNode; items: (MenuItem | "line")[] }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{button}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {items.map((item, i) =>
            item === "line" ? (
              <DropdownMenu.Separator key={i} style={{ height: 1, background: "var(--line)", margin: 4 }} />
            ) : (
              <DropdownMenu.Item
                key={i}
                className={item.bad ? "bad" : ""}
                disabled={item.disabled ?? false}
                onSelect={item.onSelect}
              >
                {item.label}
              </DropdownMenu.Item>
            ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

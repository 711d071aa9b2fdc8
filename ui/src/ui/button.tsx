// Buttons. One that waits for an answer says so and cannot be pressed twice.
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icon";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: "primary" | "danger" | "plain";
  busy?: boolean;
  icon?: IconName;
  children?: ReactNode;
}

export function Button({
  look,
  busy = false,
  icon,
  children,
  className = "",
  disabled,
  type = "button",
  ...rest
}: ButtonProps) {
  const only = icon && !children ? "icon" : "";
  return (
    <button
      type={type}
      className={`button ${look ?? ""} ${only} ${className}`.trim()}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {icon && <Icon name={icon} size={16} />}
      {children}
      {busy && <span aria-hidden="true">…</span>}
    </button>
  );
}

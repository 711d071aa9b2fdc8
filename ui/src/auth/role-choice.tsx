// Choosing a role, with what each one may do beside it.
import { useId } from "react";
import { type KeyRole, roleWords } from "./words";

interface RoleChoiceProps<R extends KeyRole> {
  roles: readonly R[];
  value: R;
  onChange: (role: R) => void;
}

export function RoleChoice<R extends KeyRole>({ roles, value, onChange }: RoleChoiceProps<R>) {
  const id = useId();
  return (
    <fieldset className="choices">
      <legend>Role</legend>
      {roles.map((role) => (
        <div className="choice" key={role}>
          <input
            type="radio"
            id={id + role}
            name={id}
            checked={role === value}
            aria-describedby={`${id + role}-about`}
            onChange={() => onChange(role)}
          />
          <label htmlFor={id + role}>{role}</label>
          <div className="about quiet" id={`${id + role}-about`}>
            {roleWords(role)}
          </div>
        </div>
      ))}
    </fieldset>
  );
}

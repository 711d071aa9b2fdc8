// A filter by the name of a role or group: a field to find it, then a button that takes it away.
import { Button } from "../ui/button";
import { Text, visible } from "../ui/text";
import { Finder } from "./picker";

interface NameFilterProps {
  kind: "roles" | "groups";
  label: string;
  value: string;
  onChange: (name: string) => void;
}

export function NameFilter({ kind, label, value, onChange }: NameFilterProps) {
  if (!value) {
    return (
      <div className="name-filter">
        <Finder
          kind={kind}
          label={<span className="visually-hidden">Only with this {label}</span>}
          placeholder={`Any ${label}`}
          without={[]}
          onPick={onChange}
        />
      </div>
    );
  }
  return (
    <Button onClick={() => onChange("")} icon="close" aria-label={`Take away the filter: ${label} ${visible(value)}`}>
      <span>
        {label}: <Text>{value}</Text>
      </span>
    </Button>
  );
}

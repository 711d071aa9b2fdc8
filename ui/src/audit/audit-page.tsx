// The page Audit.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Audit" />;
}

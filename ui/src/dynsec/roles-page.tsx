// The page Roles.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Roles" />;
}

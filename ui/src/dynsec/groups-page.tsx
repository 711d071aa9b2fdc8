// The page Groups.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Groups" />;
}

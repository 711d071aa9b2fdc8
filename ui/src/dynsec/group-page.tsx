// The page Group.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Group" />;
}

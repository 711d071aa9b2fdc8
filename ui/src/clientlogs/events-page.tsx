// The page Events.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Events" />;
}

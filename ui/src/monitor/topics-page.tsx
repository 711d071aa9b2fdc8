// The page Topics.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Topics" />;
}

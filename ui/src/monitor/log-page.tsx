// The page Broker log.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Broker log" />;
}

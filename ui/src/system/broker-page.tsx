// The page Broker.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Broker" />;
}

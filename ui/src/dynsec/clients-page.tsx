// The page Clients.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Clients" />;
}

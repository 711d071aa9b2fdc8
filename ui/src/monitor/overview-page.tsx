// The page Overview.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Overview" />;
}

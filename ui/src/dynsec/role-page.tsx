// The page Role.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Role" />;
}

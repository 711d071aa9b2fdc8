// The page Users.
import { Heading } from "../ui/heading";

export function Page() {
  return <Heading title="Users" />;
}

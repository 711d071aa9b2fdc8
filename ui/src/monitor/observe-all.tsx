// What to say where not everything is observed, with the one click that changes it and what that costs.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { useMay } from "../frame/session";
import { Button } from "../ui/button";
import { Notice, ProblemNotice } from "../ui/say";
import { visible } from "../ui/text";
import { toast } from "../ui/toast";

export function ObserveAll({ observed }: { observed: string[] }) {
  const client = useQueryClient();
  const change = useMay("settings:write");
  const put = useMutation({
    mutationFn: (filters: string[]) => take(api.PUT("/settings/monitor", { body: { observed: filters } })),
    onSuccess: () => client.invalidateQueries(),
  });
  const all = () =>
    put.mutate(["#"], {
      onSuccess: () => toast("Everything is observed.", () => put.mutateAsync(observed)),
    });
  return (
    <>
      <Notice
        action={
          change && (
            <Button busy={put.isPending} onClick={all}>
              Observe everything
            </Button>
          )
        }
      >
        <div>
          {observed.length === 0
            ? "Messages are not observed, so no topics are known, and nothing strange about them is noticed."
            : `Only ${observed.map(visible).join(", ")} is observed.`}
        </div>
        <div className="quiet">
          To observe everything the broker delivers each message once more, to BunkerM: as much traffic again as comes
          in.
        </div>
      </Notice>
      {put.isError && <ProblemNotice problem={put.error} />}
    </>
  );
}

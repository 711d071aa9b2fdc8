// What has come while somebody reads a list: it waits behind a button, so that no row moves under the pointer.
import { Button } from "./button";
import { count } from "./format";

export function News({
  waiting,
  overflow = false,
  onShow,
}: {
  waiting: number;
  overflow?: boolean;
  onShow: () => void;
}) {
  if (waiting === 0) return null;
  return (
    <div className="news">
      <Button look="primary" onClick={onShow}>
        {overflow ? "Many new" : `${count(waiting)} new`}
      </Button>
    </div>
  );
}

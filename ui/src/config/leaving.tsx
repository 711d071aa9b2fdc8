// Whoever goes to another page with changes that nobody has written is asked first.
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";

export function Leaving({ what, onStay, onLeave }: { what: string; onStay: () => void; onLeave: () => void }) {
  return (
    <Dialog
      title="Leave without applying?"
      about={`${what} would be lost. A review can keep it as a draft.`}
      onClose={onStay}
    >
      <div className="foot">
        <Button look="danger" onClick={onLeave}>
          Leave
        </Button>
        <Button look="primary" onClick={onStay}>
          Stay
        </Button>
      </div>
    </Dialog>
  );
}

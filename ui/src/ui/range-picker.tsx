// The choice of a range: presets, and the way back from where one has zoomed to.
import { useFilters } from "../frame/link";
import { Button } from "./button";
import { moment } from "./format";
import { type Preset, presets, type Range } from "./range";
import { Segments } from "./segments";

export function RangePicker({ range, usual = "1h" }: { range: Range; usual?: Preset }) {
  const [search, setSearch] = useFilters();
  const chosen = range.moving ? (presets.find((p) => p.value === search.range)?.value ?? usual) : undefined;
  return (
    <div className="row">
      {!range.moving && (
        <>
          <span className="quiet number">
            {moment(range.from)} – {moment(range.to)}
          </span>
          <Button onClick={() => setSearch({ from: undefined, to: undefined })}>Back to now</Button>
        </>
      )}
      <Segments
        label="Time range"
        value={chosen}
        options={[...presets]}
        onChange={(range) => setSearch({ range, from: undefined, to: undefined })}
      />
    </div>
  );
}

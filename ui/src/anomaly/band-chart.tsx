// A chart of what was seen, and of the band in which it was expected.
import { useMemo } from "react";
import { Chart, type Mark } from "../ui/chart";
import { figure } from "../ui/format";
import { visible } from "../ui/text";
import type { Point } from "./alerts";
import { band } from "./band";

interface BandChartProps {
  title: string;
  points: Point[];
  marks?: Mark[];
  height?: number;
}

export function BandChart({ title, points, marks, height = 120 }: BandChartProps) {
  const series = useMemo(() => band(points), [points]);
  const from = Date.parse(points[0]?.t ?? "");
  const to = Math.max(Date.parse(points.at(-1)?.t ?? ""), from + 1000); // all may have come at once
  if (Number.isNaN(to)) return null;
  return (
    <Chart
      title={visible(title)}
      series={series}
      from={from}
      to={to}
      show={figure}
      close
      height={height}
      {...(marks && { marks })}
    />
  );
}

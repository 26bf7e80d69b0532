// A figure over time: lines or stacked bars; all charts of a page share one crosshair.

import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  Bar,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { useFormat } from '../ui/format.ts'
import { CrosshairCard } from './crosshair-card.tsx'
import { axisTime, timeTicks } from './time-axis.ts'
import type { Mark, Point, Series } from './types.ts'

export interface TimeSeriesProps {
  /** Read out instead of the drawing: what is shown, and the main number. */
  label: string
  points: readonly Point[]
  series: readonly Series[]
  kind?: 'line' | 'stacked-bar'
  format(value: number): string
  /** Publishes and other moments, as vertical lines. */
  marks?: readonly Mark[]
  height?: number
  /** A drag over the chart zooms to that range. */
  onZoom?: (from: string, to: string) => void
}

export default function TimeSeries({
  label,
  points,
  series,
  kind = 'line',
  format,
  marks = [],
  height = 220,
  onZoom,
}: TimeSeriesProps) {
  const { i18n } = useTranslation()
  const words = useFormat()
  const [drag, setDrag] = useState<{ from: number; to: number }>()
  const rows = useMemo(() => points.map((point) => ({ ...point, time: Date.parse(point.at) })), [points])
  const first = rows[0]?.time ?? 0
  const last = rows.at(-1)?.time ?? 0
  const ticks = useMemo(() => timeTicks(first, last, 6), [first, last])
  // A point stands for the time up to the next one; what happened after the last point began belongs to that.
  const stepMs = (rows[1]?.time ?? Number.POSITIVE_INFINITY) - first
  const timedMarks = marks.map((mark) => ({ ...mark, time: Date.parse(mark.at) }))
  const marksAt = (time: number) =>
    timedMarks.filter((mark) => mark.time >= time && mark.time < time + stepMs).map(({ label }) => label)
  const isStacked = kind === 'stacked-bar'
  // The library measures labels once, before the data settles; the widest label there can be is known beforehand.
  const axisWidth = useMemo(() => {
    const tops = rows.map((row) => {
      const values = series.map((entry) => numberAt([{ payload: row }], entry.key) ?? 0)
      return isStacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
    })
    const top = Math.max(...tops, 1)
    const longest = Math.max(...[1, 1.2, 0.75, 0.5, 0.33].map((part) => format(top * part).length))
    return longest * 6.4 + 10
  }, [rows, series, isStacked, format])
  const endZoom = () => {
    if (drag && onZoom && drag.from !== drag.to) {
      const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)]
      onZoom(new Date(from).toISOString(), new Date(to).toISOString())
    }
    setDrag(undefined)
  }
  return (
    <div
      role="img"
      aria-label={label}
      className="text-xs select-none [&_.recharts-surface]:outline-none"
      style={{ height }}
    >
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height }}>
        <ComposedChart
          data={rows}
          syncId="page"
          syncMethod="value"
          accessibilityLayer={false}
          margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
          barCategoryGap={rows.length > 80 ? 0 : 1}
          onMouseDown={(state) => {
            if (onZoom && state.activeLabel !== undefined)
              setDrag({ from: Number(state.activeLabel), to: Number(state.activeLabel) })
          }}
          onMouseMove={(state) => {
            if (drag && state.activeLabel !== undefined)
              setDrag({ from: drag.from, to: Number(state.activeLabel) })
          }}
          onMouseUp={endZoom}
          onMouseLeave={() => setDrag(undefined)}
        >
          <CartesianGrid vertical={false} stroke="var(--grid)" />
          <XAxis
            dataKey="time"
            type="number"
            scale="time"
            domain={['dataMin', 'dataMax']}
            ticks={ticks}
            tickFormatter={(time: number) => axisTime(time, last - first, i18n.language)}
            tick={{ fill: 'var(--faint)', fontSize: 11 }}
            tickLine={false}
            axisLine={{ stroke: 'var(--line)' }}
            minTickGap={32}
            padding={isStacked ? { left: 8, right: 8 } : { left: 0, right: 0 }}
          />
          <YAxis
            width={axisWidth}
            // A space would break the label into two lines.
            tickFormatter={(value: number) => format(value).replaceAll(' ', '\u00a0')}
            tick={{ fill: 'var(--faint)', fontSize: 11 }}
            tickLine={false}
            axisLine={false}
            tickCount={4}
            domain={[0, 'auto']}
            allowDecimals={false}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={isStacked ? { fill: 'var(--hover)' } : { stroke: 'var(--faint)', strokeDasharray: '3 3' }}
            content={(state) => (
              <CrosshairCard
                at={state.active ? Number(state.label) : undefined}
                marks={state.active ? marksAt(Number(state.label)) : []}
                values={series.map((entry) => ({ ...entry, value: numberAt(state.payload, entry.key) }))}
                format={format}
                time={stepMs < 60_000 ? words.instant : words.dateTime}
                showTotal={isStacked}
              />
            )}
          />
          {timedMarks.map((mark) => (
            <ReferenceLine
              key={`${mark.at}${mark.label}`}
              x={Math.min(Math.max(mark.time, first), last)}
              stroke="var(--accent)"
              strokeDasharray="2 3"
              strokeWidth={1}
            />
          ))}
          {series.map((entry) => shape(entry, isStacked, rows))}
          {drag && drag.from !== drag.to ? (
            <ReferenceArea x1={drag.from} x2={drag.to} fill="var(--accent)" fillOpacity={0.12} />
          ) : null}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  )
}

/** A line needs two neighbours to be seen; a value alone between gaps is drawn as a dot. */
function lonelyDots(rows: readonly Point[], key: string, color: string) {
  const isNumber = (index: number) => typeof rows[index]?.[key] === 'number'
  return ({ cx, cy, index }: { cx?: number; cy?: number; index?: number }) =>
    index !== undefined && isNumber(index) && !isNumber(index - 1) && !isNumber(index + 1) ? (
      <circle key={index} cx={cx} cy={cy} r={2} fill={color} />
    ) : (
      <g key={index} />
    )
}

function shape(entry: Series, isStacked: boolean, rows: readonly Point[]) {
  const shared = { dataKey: entry.key, name: entry.label, isAnimationActive: false } as const
  if (isStacked) return <Bar key={entry.key} {...shared} stackId="all" fill={entry.color} maxBarSize={28} />
  return (
    <Line
      key={entry.key}
      {...shared}
      type="linear"
      stroke={entry.color}
      strokeWidth={1.5}
      dot={lonelyDots(rows, entry.key, entry.color)}
      activeDot={{ r: 3, strokeWidth: 0 }}
      connectNulls={false}
    />
  )
}

function numberAt(payload: unknown, key: string): number | null {
  if (!Array.isArray(payload)) return null
  for (const item of payload) {
    const row: unknown = typeof item === 'object' && item !== null ? Reflect.get(item, 'payload') : null
    const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, key) : null
    if (typeof value === 'number') return value
  }
  return null
}

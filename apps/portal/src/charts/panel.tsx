// The frame of a chart: the question as its title, legend with numbers, the same data as a table, and what it stands on.

import { ChartLine, type LucideIcon, Table2 } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../ui/button.tsx'
import { cx } from '../ui/class-names.ts'
import { useFormat } from '../ui/format.ts'
import { ScrollRegion } from '../ui/scroll-region.tsx'
import { EmptyState, ErrorState, Skeleton, useSlow } from '../ui/states.tsx'
import { Explained } from '../ui/tooltip.tsx'
import type { TimeSeriesProps } from './time-series.tsx'

const TimeSeries = lazy(() => import('./time-series.tsx'))

export interface PanelProps {
  /** A question: "How many requests over time?" */
  title: string
  unit?: string
  /** The exact formula. */
  definition?: string
  actions?: ReactNode
  /** What the numbers stand on: source, time of the newest event. */
  foot?: ReactNode
  children: ReactNode
  className?: string
}

export function Panel({ title, unit, definition, actions, foot, children, className }: PanelProps) {
  return (
    <section
      aria-label={title}
      className={cx('flex min-w-0 flex-col rounded-lg border border-line bg-surface', className)}
    >
      <div className="flex min-h-11 items-center justify-between gap-3 pt-1 pr-2 pl-4">
        <h2 className="text-base font-medium">
          {definition ? <Explained text={definition}>{title}</Explained> : title}
          {unit ? <span className="ml-1.5 font-normal text-faint">{unit}</span> : null}
        </h2>
        <span className="flex items-center gap-1">{actions}</span>
      </div>
      <div className="min-w-0 flex-1 px-4 pb-3">{children}</div>
      {foot ? <div className="border-t border-line px-4 py-2 text-xs text-faint">{foot}</div> : null}
    </section>
  )
}

export interface ChartPanelProps
  extends Omit<PanelProps, 'children'>,
    Omit<TimeSeriesProps, 'label' | 'points'> {
  query: { data: { points: TimeSeriesProps['points'] } | undefined; error: unknown; refetch(): unknown }
  /** Per series: the number beside its name in the legend; default is the sum. `null` hides it. */
  headline?: ((key: string) => number | null) | null
}

/** A time series with legend, table and its loading, empty and error states. */
export function ChartPanel({
  query,
  headline,
  title,
  unit,
  definition,
  actions,
  foot,
  className,
  ...chart
}: ChartPanelProps) {
  const { t } = useTranslation('common')
  const [asTable, setAsTable] = useState(false)
  const slow = useSlow(query.data === undefined)
  const height = chart.height ?? 220
  const points = query.data?.points
  const sum = (key: string) => (points ?? []).reduce((total, point) => total + (Number(point[key]) || 0), 0)
  const number = headline === null ? () => null : (headline ?? sum)
  const toggleIcon: LucideIcon = asTable ? ChartLine : Table2
  return (
    <Panel
      title={title}
      unit={unit}
      definition={definition}
      foot={foot}
      className={className}
      actions={
        <>
          {actions}
          <IconButton
            size="sm"
            icon={toggleIcon}
            label={asTable ? t('charts.asChart') : t('charts.asTable')}
            onPress={() => setAsTable(!asTable)}
          />
        </>
      }
    >
      {points === undefined ? (
        query.error ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} className="py-8!" />
        ) : (
          <div style={{ height: height + 28 }} className={slow ? 'pt-6' : 'invisible'}>
            <Skeleton className="h-full w-full" />
          </div>
        )
      ) : !points.some((point) => chart.series.some((entry) => typeof point[entry.key] === 'number')) ? (
        <EmptyState title={t('charts.noData')} sentence="" className="py-8!" />
      ) : asTable ? (
        <PointTable
          title={title}
          points={points}
          series={chart.series}
          format={chart.format}
          height={height + 28}
        />
      ) : (
        <>
          <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs">
            {chart.series.map((entry) => {
              const value = number(entry.key)
              return (
                <li key={entry.key} className="flex items-center gap-1.5">
                  <span aria-hidden className="h-0.5 w-3 rounded-full" style={{ background: entry.color }} />
                  <span className="text-muted">{entry.label}</span>
                  {value === null ? null : <span className="tabular font-medium">{chart.format(value)}</span>}
                </li>
              )
            })}
          </ul>
          <Suspense fallback={<Skeleton className="h-[220px] w-full" />}>
            <TimeSeries
              {...chart}
              points={points}
              label={`${title} ${chart.series.map((entry) => `${entry.label}: ${chart.format(number(entry.key) ?? sum(entry.key))}`).join(', ')}`}
            />
          </Suspense>
        </>
      )}
    </Panel>
  )
}

function PointTable({
  title,
  points,
  series,
  format,
  height,
}: {
  title: string
  points: TimeSeriesProps['points']
  series: TimeSeriesProps['series']
  format(value: number): string
  height: number
}) {
  const { t } = useTranslation('common')
  const words = useFormat()
  return (
    <ScrollRegion
      label={title}
      maxHeight={`${height}px`}
      className="overflow-auto rounded-md border border-line"
    >
      <table className="w-full text-left text-sm">
        <thead className="sticky top-0 bg-sunken text-xs text-muted">
          <tr>
            <th scope="col" className="px-3 py-1.5 font-medium">
              {t('charts.time')}
            </th>
            {series.map((entry) => (
              <th key={entry.key} scope="col" className="px-3 py-1.5 text-right font-medium">
                {entry.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {points.map((point) => (
            <tr key={point.at}>
              <td className="px-3 py-1 whitespace-nowrap text-muted">{words.dateTime(point.at)}</td>
              {series.map((entry) => {
                const value = point[entry.key]
                return (
                  <td key={entry.key} className="px-3 py-1 text-right">
                    {typeof value === 'number' ? format(value) : '–'}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

// Charts of /__states: every kind, and its empty, failed and loading state.

import { BarList } from '../charts/bar-list.tsx'
import { ChartPanel, Panel } from '../charts/panel.tsx'
import { Section } from '../ui/page.tsx'

const start = Date.parse('2026-11-21T00:00:00Z')
const points = Array.from({ length: 48 }, (_, index) => {
  const wave = 600 + Math.sin(index / 6) * 300 + ((index * 37) % 90)
  return {
    at: new Date(start + index * 1_800_000).toISOString(),
    s2xx: Math.round(wave),
    s3xx: Math.round(wave * 0.04),
    s4xx: Math.round(wave * 0.06 + (index === 30 ? 160 : 0)),
    s5xx: index > 28 && index < 34 ? 60 + index : 2,
    p50: 8 + Math.sin(index / 5) * 2,
    p95: 32 + Math.cos(index / 7) * 8,
    p99: 70 + Math.sin(index / 3) * 18,
  }
})
const good = { data: { points }, error: null, refetch: () => {} }
const marks = [{ at: new Date(start + 15 * 1_800_000).toISOString(), label: 'Revision 42' }]
const classes = (['2xx', '3xx', '4xx', '5xx'] as const).map((name) => ({
  key: `s${name}`,
  label: name,
  color: `var(--http-${name})`,
}))
const percentiles = ['p50', 'p95', 'p99'].map((name) => ({ key: name, label: name, color: `var(--${name})` }))
const count = (value: number) => new Intl.NumberFormat('en', { notation: 'compact' }).format(value)

export function ChartStates() {
  return (
    <Section title="Charts">
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <ChartPanel
          title="How many requests over time?"
          unit="per 30 min"
          query={good}
          series={classes}
          kind="stacked-bar"
          format={count}
          marks={marks}
          foot="Minute data, newest event 3 s ago"
        />
        <ChartPanel
          title="How long do they take?"
          unit="ms"
          definition="Time from the first byte of the request to the last byte of the reply."
          query={good}
          series={percentiles}
          headline={(key) => ({ p50: 9, p95: 38, p99: 81 })[key] ?? null}
          format={(value) => value.toFixed(0)}
          marks={marks}
        />
        <ChartPanel title="Which statuses?" query={good} series={classes} kind="line" format={count} />
        <Panel title="Which applications call most?">
          <BarList
            label="Applications"
            head={['Application', 'Requests', 'Errors']}
            format={count}
            items={[
              { id: '1', label: 'Grace’s app', value: 12_000, aside: '0.4%' },
              { id: '2', label: 'Storefront', value: 8_400, aside: '2.1%' },
              { id: '3', label: 'Nightly export', value: 900, aside: '0%' },
            ]}
          />
        </Panel>
        <ChartPanel
          title="Nothing happened"
          query={{ ...good, data: { points: [] } }}
          series={classes}
          format={count}
        />
        <ChartPanel
          title="It failed"
          query={{ data: undefined, error: new Error('timeout of the statement'), refetch: () => {} }}
          series={classes}
          format={count}
        />
      </div>
    </Section>
  )
}

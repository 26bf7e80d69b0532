// How much is called, and what is answered.

import { useTranslation } from 'react-i18next'
import { BarList } from '../../charts/bar-list.tsx'
import { ChartPanel } from '../../charts/panel.tsx'
import { StatusCode } from '../../ui/badge.tsx'
import { useFormat } from '../../ui/format.ts'
import { PlainLink } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { AnswerPanel, BasisLine, CallButton } from './answer-panel.tsx'
import { usePublishMarks, useStatus, useTopRoutes, useTraffic } from './queries.ts'
import { RankedTable } from './ranked-table.tsx'
import { keptSearch, type Scope, useScope } from './scope.ts'
import { classSeries, colorOf } from './series.ts'
import { Toolbar } from './toolbar.tsx'

export function TrafficPage() {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const traffic = useTraffic(scope)
  const marks = usePublishMarks(scope)
  const zoom = (from: string, to: string) => scope.set({ from, to })
  return (
    <Page>
      <PageHeader title={t('traffic.title')} sentence={t('traffic.sentence')} />
      <Toolbar />
      <ChartPanel
        title={t('traffic.requests')}
        unit={t('unit.requests')}
        query={traffic}
        kind="stacked-bar"
        height={260}
        format={format.compact}
        series={classSeries}
        marks={marks}
        onZoom={zoom}
        actions={<CallButton question="traffic" slice={scope.slice} />}
        foot={<BasisLine basis={traffic.data?.basis} />}
      />
      <div className="grid gap-6 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <ChartPanel
          title={t('traffic.bytes')}
          query={traffic}
          kind="line"
          format={format.bytes}
          series={[
            { key: 'bytesOut', label: t('traffic.out'), color: 'var(--series-1)' },
            { key: 'bytesIn', label: t('traffic.in'), color: 'var(--series-2)' },
          ]}
          marks={marks}
          onZoom={zoom}
          actions={<CallButton question="traffic" slice={scope.slice} />}
          foot={<BasisLine basis={traffic.data?.basis} />}
        />
        <StatusPanel scope={scope} />
      </div>
      <RankedTable
        title={t('traffic.routes')}
        head={t('apis.route')}
        question="top-routes"
        scope={scope}
        query={useTopRoutes(scope)}
        filter="route"
        mono
        most={12}
      />
    </Page>
  )
}

function StatusPanel({ scope }: { scope: Scope }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  return (
    <AnswerPanel title={t('traffic.status')} question="status" slice={scope.slice} query={useStatus(scope)}>
      {({ data }) => {
        const total = data.reduce((sum, row) => sum + row.requests, 0)
        return (
          <BarList
            label={t('traffic.status')}
            format={format.compact}
            head={[t('errors.column.status'), t('ranked.requests'), t('ranked.share')]}
            items={data.slice(0, 12).map((row) => ({
              id: String(row.status),
              color: colorOf(row.status),
              label: (
                <PlainLink
                  to="/insights/t/$tenant/$env/requests"
                  params={{ tenant: scope.tenant, env: scope.env }}
                  search={{ ...keptSearch(scope.filters), status: row.status }}
                  className="rounded-sm hover:text-accent-text"
                >
                  <StatusCode status={row.status} />
                </PlainLink>
              ),
              value: row.requests,
              aside: format.percent(total === 0 ? 0 : row.requests / total),
            }))}
          />
        )
      }}
    </AnswerPanel>
  )
}

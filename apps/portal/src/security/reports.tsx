// What policies found to be suspicious about a request; of the firewall, each rule that fired and where.

import type { SecurityReport } from '@gatewright/shared/security'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge, StateChip } from '../ui/badge.tsx'

type FirewallReport = NonNullable<SecurityReport['firewall']>
export type RuleMatch = FirewallReport['matches'][number]

interface SecurityReportsProps {
  reports: readonly SecurityReport[]
  /** What can be done about a rule; left out where nothing can. */
  actionFor?(firewall: FirewallReport, match: RuleMatch): ReactNode
}

const actionTones = { blocked: 'danger', detected: 'warning', noticed: 'neutral', unseen: 'warning' } as const
const severityTones = { critical: 'danger', error: 'danger', warning: 'warning', notice: 'neutral' } as const

export function SecurityReports({ reports, actionFor }: SecurityReportsProps) {
  const { t } = useTranslation('security')
  if (reports.length === 0) return null
  return (
    <section className="flex flex-col gap-2">
      <h3 className="font-medium">{t('title')}</h3>
      <ul className="flex flex-col gap-3">
        {reports.map((report, index) => (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: one answer, in the order in which policies ran
            key={index}
            className="flex flex-col rounded-lg border border-line"
          >
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
              <span className="font-medium">{t(`kind.${report.kind}`)}</span>
              <StateChip tone={actionTones[report.action]}>{t(`action.${report.action}`)}</StateChip>
              {report.detail ? <span className="text-muted">{report.detail}</span> : null}
              {report.firewall ? <Judgement report={report} firewall={report.firewall} /> : null}
            </div>
            {report.firewall && report.firewall.matches.length > 0 ? (
              <Matches
                matches={report.firewall.matches}
                others={report.rules.length - new Set(report.firewall.matches.map(({ rule }) => rule)).size}
                actionFor={actionFor && ((match) => actionFor(report.firewall as FirewallReport, match))}
              />
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Judgement({ report, firewall }: { report: SecurityReport; firewall: FirewallReport }) {
  const { t } = useTranslation('security')
  const { policy, scope, paranoia, threshold } = firewall
  return (
    <span className="basis-full text-sm text-muted">
      {report.score === null ? null : `${t('score', { score: report.score, threshold })} · `}
      {t('paranoia', { level: paranoia })} · {t('attachment', { policy, scope: t(`scope.${scope}`) })}
    </span>
  )
}

interface MatchesProps {
  matches: readonly RuleMatch[]
  /** Rules that fired, too, and are not among them. */
  others: number
  actionFor: ((match: RuleMatch) => ReactNode) | undefined
}

function Matches({ matches, others, actionFor }: MatchesProps) {
  const { t } = useTranslation('security')
  return (
    <ol aria-label={t('rules')} className="divide-y divide-line border-t border-line">
      {matches.map((match) => (
        <li
          key={`${match.rule} ${match.target}`}
          className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-3 py-2"
        >
          <code className="font-medium">{match.rule}</code>
          {match.severity ? (
            <Badge tone={severityTones[match.severity]}>{t(`severity.${match.severity}`)}</Badge>
          ) : null}
          <span className="min-w-0 flex-1 basis-64">{match.message || t('noMessage')}</span>
          <span className="flex basis-full flex-wrap items-baseline gap-x-3 text-sm text-muted">
            {match.target ? (
              <span className="min-w-0 break-all">
                {t('at')} <code>{match.target}</code>
              </span>
            ) : null}
            <span className="ml-auto">{actionFor?.(match)}</span>
          </span>
        </li>
      ))}
      {others > 0 ? <li className="px-3 py-2 text-sm text-muted">{t('others', { count: others })}</li> : null}
    </ol>
  )
}

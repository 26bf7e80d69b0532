// The owner's checklist: each tick is computed from real state, so it can be left and resumed anywhere.

import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { IconButton } from '../../ui/button.tsx'
import { LinkButton } from '../../ui/link.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { type Step, StepList } from '../../ui/timeline.tsx'

const hiddenKey = (tenant: string) => `gw-onboarding-hidden-${tenant}`

export function Onboarding({ tenant, env }: { tenant: string; env: string }) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const [isHidden, setHidden] = useState(() => read(hiddenKey(tenant)))
  // Watched until every step is done or the list is put away; the queries below tell which.
  const [isDone, setDone] = useState(false)
  const every = { refetchInterval: 5_000, enabled: !isHidden && !isDone }
  const apis = useQuery({ ...orpc.apis.list.queryOptions({ input: { tenant, limit: 20 } }), ...every }).data
    ?.data
  const traffic = useQuery({
    ...orpc.analytics.overview.queryOptions({
      input: { tenant, environment: env, from: 'now-30d', to: 'now' },
    }),
    ...every,
    enabled: every.enabled && may('analytics:read'),
  }).data
  const members = useQuery({
    ...orpc.tenancy.members.queryOptions({ input: { tenant, limit: 2 } }),
    ...every,
    enabled: every.enabled && may('member:read'),
  }).data
  const invitations = useQuery({
    ...orpc.tenancy.invitations.queryOptions({ input: { tenant } }),
    ...every,
    enabled: every.enabled && may('member:read'),
  }).data
  const applications = useQuery({
    ...orpc.applications.list.queryOptions({ input: { tenant, limit: 2 } }),
    ...every,
    enabled: every.enabled && may('application:read'),
  }).data
  if (isHidden || isDone || !apis) return null

  const first = apis[0]
  const live = apis.find((api) => api.versions.some((version) => version.deployments.length > 0))
  const params = { tenant, env }
  const done = {
    import: first !== undefined,
    publish: live !== undefined,
    call: (traffic?.current.requests ?? 0) > 0,
    invite: (members?.data.length ?? 0) > 1 || (invitations?.data.length ?? 0) > 0,
    consumer: (applications?.data.length ?? 0) > 1,
  }
  const names = ['import', 'publish', 'call', 'invite', 'consumer'] as const
  const current = names.find((name) => !done[name])
  if (current === undefined) {
    setDone(true)
    return null
  }
  const actions = {
    import: (
      <LinkButton
        size="sm"
        variant={current === 'import' ? 'primary' : 'secondary'}
        to="/admin/t/$tenant/$env/import"
        params={params}
      >
        {t('home.step.import.action')}
      </LinkButton>
    ),
    publish: first ? (
      <LinkButton
        size="sm"
        to="/admin/t/$tenant/$env/apis/$api"
        params={{ ...params, api: first.name }}
        search={{ publish: true }}
      >
        {t('api.publish')}
      </LinkButton>
    ) : null,
    call: live ? (
      <LinkButton size="sm" to="/admin/t/$tenant/$env/apis/$api/live" params={{ ...params, api: live.name }}>
        {t('home.step.call.action')}
      </LinkButton>
    ) : null,
    invite: may('member:write') ? (
      <LinkButton size="sm" to="/admin/t/$tenant/$env/members" params={params} search={{ invite: true }}>
        {t('home.step.invite.action')}
      </LinkButton>
    ) : null,
    consumer: (
      <LinkButton size="sm" to="/p/$tenant" params={{ tenant }}>
        {t('home.step.consumer.action')}
      </LinkButton>
    ),
  }
  const steps: Step[] = names.map((name) => ({
    id: name,
    title: t(`home.step.${name}.title`),
    detail: t(`home.step.${name}.detail`),
    state: done[name] ? 'done' : name === current ? 'current' : 'todo',
    action: actions[name],
  }))
  const count = names.filter((name) => done[name]).length
  return (
    <Section
      title={t('home.start')}
      sentence={t('home.startSentence', { done: count, count: names.length })}
      actions={
        <IconButton
          icon={X}
          label={t('home.dismiss')}
          onPress={() => {
            keep(hiddenKey(tenant))
            setHidden(true)
          }}
        />
      }
    >
      <Card pad={false}>
        <div className="h-1 overflow-hidden rounded-t-lg bg-hover">
          <div
            className="h-full bg-accent transition-[width] duration-150"
            style={{ width: `${(count / names.length) * 100}%` }}
          />
        </div>
        {/* Once most is done, only what is left asks for room. */}
        <StepList
          steps={count > 2 ? steps.filter((step) => step.state !== 'done') : steps}
          label={t('home.start')}
        />
      </Card>
    </Section>
  )
}

function read(key: string): boolean {
  try {
    return localStorage.getItem(key) === '1'
  } catch {
    return false
  }
}

function keep(key: string): void {
  try {
    localStorage.setItem(key, '1')
  } catch {
    // Without storage it is hidden for this visit only.
  }
}

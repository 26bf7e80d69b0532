// "Get access": application, plan and key in one dialog; the key once, a snippet that runs, and a first call.

import { useQuery } from '@tanstack/react-query'
import { Clock, Play, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { chooseStage } from '../../api/environments.ts'
import { useMe } from '../../api/session.ts'
import { StatusCode } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { CodeBlock, SecretReveal } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinkButton } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import {
  type CatalogueApi,
  type CatalogueVersion,
  heldFor,
  namesPrice,
  type Plan,
  productOf,
  referenceOf,
  type Subscription,
} from './plans.ts'
import {
  firstCallQuery,
  type Grant,
  myApplicationsQuery,
  subscriptionsQuery,
  useGetAccess,
  useTestCall,
} from './queries.ts'
import { withKey } from './snippet.ts'

export interface GetAccessProps {
  tenant: string
  api: CatalogueApi
  version: CatalogueVersion
  plans: readonly Plan[]
  chosenPlan: string | undefined
  isOpen: boolean
  onClose(): void
}

const newApplication = 'new'

export function GetAccess({ tenant, api, version, plans, chosenPlan, isOpen, onClose }: GetAccessProps) {
  const { t } = useTranslation('developer')
  const me = useMe()
  const applications = useQuery({ ...myApplicationsQuery(tenant), enabled: isOpen })
  const own = applications.data?.data ?? []
  const [picked, setPicked] = useState<string>()
  const [title, setTitle] = useState<string>()
  const [planId, setPlanId] = useState<string>()
  const [environmentName, setEnvironmentName] = useState<string>()
  const [note, setNote] = useState('')
  const [isCopied, setCopied] = useState(false)
  // A repeated press after a failure continues the same attempt: nothing is made twice.
  const attempts = useAttempts()
  const access = useGetAccess(tenant)

  const subscriptions = useQuery({ ...subscriptionsQuery(tenant, referenceOf(api)), enabled: isOpen })
  const plan = plans.find(({ id }) => id === (planId ?? chosenPlan)) ?? plans[0]
  const product = plan && productOf(version, plan)
  /** The subscription that stands in the way of this plan: an application has one to each product. */
  const otherOf = (id: string) => {
    const held = heldFor(subscriptions.data?.data ?? [], id, product)
    return held && (held.plan.id !== plan?.id || held.state === 'suspended') ? held : undefined
  }
  // By itself the dialog moves no application to another plan.
  const application = picked ?? own.find(({ id }) => !otherOf(id))?.id ?? newApplication
  const other = otherOf(application)
  // The first key belongs where mistakes are cheap: a stage that is not production, if the API runs in one.
  const environment = chooseStage(version.environments, environmentName)
  const name = title ?? t('access.defaultApplication', { name: me?.user.name.split(' ')[0] ?? '' })
  const grant = access.data

  const close = () => {
    access.reset()
    setCopied(false)
    // The next opening may ask for another plan.
    setPicked(undefined)
    setTitle(undefined)
    setPlanId(undefined)
    setEnvironmentName(undefined)
    setNote('')
    attempts.renew()
    onClose()
  }
  if (!plan || !environment) return null

  if (grant) {
    return (
      <Dialog
        isOpen={isOpen}
        onClose={close}
        isLocked={!isCopied}
        title={grant.state === 'active' ? t('access.ready') : t('access.waiting')}
        sentence={t(grant.state === 'active' ? 'access.readySentence' : 'access.waitingSentence', {
          api: api.title,
          application: grant.application.title,
        })}
        footer={
          <>
            {isCopied ? null : <span className="mr-auto text-sm text-muted">{t('access.copyFirst')}</span>}
            <LinkButton
              variant="quiet"
              to="/p/$tenant/applications/$application"
              params={{ tenant, application: grant.application.name }}
              disabled={!isCopied}
              className={isCopied ? undefined : 'pointer-events-none opacity-50'}
            >
              {t('access.toApplication')}
            </LinkButton>
            <Button isDisabled={!isCopied} onPress={close}>
              {t('access.done')}
            </Button>
          </>
        }
      >
        <Granted tenant={tenant} api={api} version={version} grant={grant} onCopied={() => setCopied(true)} />
      </Dialog>
    )
  }

  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={t('access.title', { api: api.title })}
      sentence={plan.approval === 'auto' ? t('access.sentence') : t('access.sentenceManual')}
      footer={
        <>
          <Button onPress={close}>{t('access.cancel')}</Button>
          <Button
            variant="primary"
            isPending={access.isPending}
            isDisabled={
              applications.isPending ||
              subscriptions.isPending ||
              other?.state === 'suspended' ||
              (application === newApplication && name.trim() === '')
            }
            onPress={() =>
              access.mutate({
                application: application === newApplication ? { title: name.trim() } : { id: application },
                plan,
                product,
                environment,
                note,
                keyOf: attempts.keyOf,
              })
            }
          >
            {plan.approval === 'auto' ? t('access.create') : t('access.request')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {own.length > 0 ? (
          <Select
            label={t('access.application')}
            options={[
              ...own.map(({ id, title: label }) => ({ value: id, label })),
              { value: newApplication, label: t('access.newApplication') },
            ]}
            value={application}
            onChange={setPicked}
          />
        ) : null}
        {application === newApplication ? (
          <TextField
            label={own.length > 0 ? t('access.applicationName') : t('access.application')}
            help={t('access.applicationHelp')}
            value={name}
            onChange={setTitle}
            isRequired
          />
        ) : null}
        {plans.length > 1 ? (
          <RadioGroup
            label={t('access.plan')}
            look="cards"
            value={plan.id}
            onChange={setPlanId}
            options={plans.map((one) => ({
              value: one.id,
              label: offer(one),
              detail: [...one.terms, one.approval === 'manual' ? t('api.manualApproval') : '']
                .filter(Boolean)
                .join(' · '),
            }))}
          />
        ) : (
          <div className="rounded-lg border border-line bg-sunken px-3 py-2.5">
            <p className="font-medium">{offer(plan)}</p>
            <p className="text-sm text-muted">{plan.terms.join(' · ')}</p>
          </div>
        )}
        {other ? <Move held={other} plan={plan} /> : null}
        {version.environments.length > 1 ? (
          <Select
            label={t('access.environment')}
            help={t('access.environmentHelp')}
            options={version.environments.map((one) => ({ value: one.name, label: one.title }))}
            value={environment.name}
            onChange={setEnvironmentName}
          />
        ) : null}
        {plan.approval === 'manual' ? (
          <TextField label={t('access.note')} help={t('access.noteHelp')} value={note} onChange={setNote} />
        ) : null}
        <ProblemNote problem={access.error} />
      </div>
    </Dialog>
  )
}

/** What becomes of the plan that the application is on. */
function Move({ held, plan }: { held: Subscription; plan: Plan }) {
  const { t } = useTranslation('developer')
  const names = { application: held.application.title, held: held.plan.title, plan: plan.title }
  return (
    <p className="flex items-start gap-2.5 rounded-lg border border-warning-line bg-warning-soft px-3 py-2.5 text-warning">
      <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
      <span>
        {held.state === 'suspended'
          ? t('access.isSuspended', names)
          : t(plan.approval === 'manual' ? 'access.movesAndWaits' : 'access.moves', names)}
      </span>
    </p>
  )
}

/** "Gold · € 49 a month" */
function offer(plan: Plan): string {
  return namesPrice(plan) ? plan.title : `${plan.title} · ${plan.price}`
}

function Granted({
  tenant,
  api,
  version,
  grant,
  onCopied,
}: Pick<GetAccessProps, 'tenant' | 'api' | 'version'> & { grant: Grant; onCopied(): void }) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  const first = useQuery(firstCallQuery(tenant, referenceOf(api), version, grant.environment.name))
  const test = useTestCall(tenant)
  const call = first.data
  return (
    <div className="flex flex-col gap-4">
      <SecretReveal secret={grant.key} label={t('access.key')} onCopied={onCopied} />
      {grant.state === 'pending' ? (
        <p className="flex items-start gap-2 text-muted">
          <Clock size={16} aria-hidden className="mt-0.5 shrink-0" />
          {t('access.pendingNote')}
        </p>
      ) : null}
      {call?.curl ? (
        <CodeBlock
          title={t('access.snippet')}
          code={withKey(call.curl, grant.key)}
          onCopied={onCopied}
          wrap
        />
      ) : null}
      {call && grant.state === 'active' ? (
        <div className="flex flex-col gap-3">
          <Button
            variant="primary"
            icon={Play}
            className="self-start"
            isPending={test.isPending}
            onPress={() =>
              test.mutate({
                application: grant.application.id,
                environment: grant.environment,
                method: call.method,
                path: call.path,
              })
            }
          >
            {t('access.testCall', { operation: `${call.method} ${call.path}` })}
          </Button>
          <ProblemNote problem={test.error} />
          {test.data ? (
            <div className="flex flex-col gap-2" data-testid="test-call">
              <p className="flex flex-wrap items-center gap-3" role="status">
                <StatusCode status={test.data.status} />
                <span className="text-muted">{format.duration(test.data.milliseconds)}</span>
                {test.data.requestId ? (
                  <code className="text-sm text-muted">{test.data.requestId}</code>
                ) : null}
              </p>
              <CodeBlock
                title={t('access.response')}
                code={test.data.body.slice(0, 4_000)}
                maxHeight="12rem"
              />
            </div>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

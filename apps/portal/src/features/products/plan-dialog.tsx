// A plan's terms: how fast, how much, who approves; told back in words before it is saved.

import { calendarPeriods } from '@gatewright/shared/calendar'
import type { Product } from '@gatewright/shared/model/access'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { slugOf } from '../../forms/slug.ts'
import { Button } from '../../ui/button.tsx'
import { RadioGroup, Switch } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { LiveWaiting, useLiveText } from '../../ui/live-note.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { NumberField, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { forgetProducts } from './queries.ts'
import { limitsOf, type PlanLimits } from './terms.ts'

type Plan = Product['plans'][number]

interface PlanDialogProps {
  tenant: string
  product: Product
  plan: Plan | undefined
  onClose(): void
}

/** The limits of an existing plan live in its policy chain, so that is read before the form is shown. */
export function PlanDialog(props: PlanDialogProps) {
  const { t } = useTranslation('admin')
  const { plan, tenant } = props
  const chain = useQuery({
    ...orpc.policies.get.queryOptions({ input: { tenant, scope: 'plan', scopeId: plan?.id ?? '' } }),
    enabled: plan !== undefined,
  })
  if (plan && !chain.data) {
    return (
      <Dialog isOpen onClose={props.onClose} title={t('plan.editTitle', { title: plan.title })}>
        {chain.error ? <ProblemNote problem={chain.error} /> : <Skeleton className="h-64 w-full" />}
      </Dialog>
    )
  }
  return (
    <PlanForm
      {...props}
      limits={
        chain.data ? limitsOf(chain.data.policies) : { rate: { requests: 60, windowMs: 60_000 }, quota: null }
      }
    />
  )
}

const windows = { second: 1_000, minute: 60_000, hour: 3_600_000, dayWindow: 86_400_000 } as const
type Window = keyof typeof windows
const windowNames = Object.keys(windows) as Window[]

function PlanForm({ tenant, product, onClose, ...read }: PlanDialogProps & { limits: PlanLimits }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const queryClient = useQueryClient()
  const liveText = useLiveText()
  // The page behind refreshes; the form speaks of the plan as it was read when it opened.
  const [{ plan, limits }] = useState(read)
  const [title, setTitle] = useState(plan?.title ?? '')
  const [typedName, setTypedName] = useState<string>()
  const [description, setDescription] = useState(plan?.description ?? '')
  const [price, setPrice] = useState(plan?.price ?? 'free')
  const [approval, setApproval] = useState<'auto' | 'manual'>(plan?.approval ?? 'auto')
  const [rate, setRate] = useState(limits.rate)
  const [quota, setQuota] = useState(limits.quota)
  const [level, setLevel] = useState(plan?.serviceLevel ?? { p95Ms: null, availability: null })
  const hasLevel = level.p95Ms !== null || level.availability !== null
  const name = plan?.name ?? typedName ?? slugOf(title)
  const windowName = windowNames.find((candidate) => windows[candidate] === rate?.windowMs)
  const save = useMutation({
    mutationFn: () => {
      const terms = { title, description, price, approval, serviceLevel: level }
      if (!plan)
        return client.products.createPlan({ tenant, product: product.name, name, ...terms, rate, quota })
      // Only what changed is sent: limits that were tuned as policies stay as they are.
      return client.products.updatePlan(
        {
          tenant,
          product: product.name,
          plan: plan.name,
          ...terms,
          ...(JSON.stringify(rate) === JSON.stringify(limits.rate) ? {} : { rate }),
          ...(JSON.stringify(quota) === JSON.stringify(limits.quota) ? {} : { quota }),
        },
        { context: { ifMatch: plan.version } },
      )
    },
    onSuccess: async (saved) => {
      const detail = liveText(saved)
      toast({ title: t('plan.saved'), ...(detail ? { detail } : {}) })
      onClose()
      await forgetProducts(queryClient)
    },
  })
  const whole = (value: number, fallback: number) => (Number.isNaN(value) ? fallback : value)
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isLocked={save.isPending}
      title={plan ? t('plan.editTitle', { title: plan.title }) : t('plan.newTitle')}
      sentence={t('plan.liveHint')}
      footer={
        <Button
          variant="primary"
          isPending={save.isPending}
          isDisabled={title.trim() === '' || name === ''}
          onPress={() => save.mutate()}
        >
          {plan ? t('plan.save') : t('plan.create')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField label={t('plan.title')} value={title} onChange={setTitle} maxLength={100} autoFocus />
          {plan ? (
            <TextField
              label={t('plan.price')}
              help={t('plan.priceHelp')}
              value={price}
              onChange={setPrice}
              maxLength={100}
            />
          ) : (
            <TextField label={t('plan.name')} value={name} onChange={setTypedName} mono />
          )}
        </div>
        {plan ? null : (
          <TextField
            label={t('plan.price')}
            help={t('plan.priceHelp')}
            value={price}
            onChange={setPrice}
            maxLength={100}
          />
        )}
        <TextField
          label={t('plan.description')}
          aside={t('optional')}
          value={description}
          onChange={setDescription}
        />
        <section className="flex flex-col gap-3 rounded-lg border border-line p-3">
          <Switch
            isSelected={rate !== null}
            onChange={(on) => setRate(on ? (limits.rate ?? { requests: 60, windowMs: 60_000 }) : null)}
            help={t('plan.rateHelp')}
          >
            {t('plan.rate')}
          </Switch>
          {rate ? (
            <div className="grid grid-cols-2 gap-3">
              <NumberField
                label={t('plan.calls')}
                value={rate.requests}
                onChange={(value) => setRate({ ...rate, requests: whole(value, 1) })}
                minValue={1}
                maxValue={1_000_000_000}
              />
              <Select
                label={t('plan.per')}
                value={windowName ?? 'minute'}
                onChange={(next) => setRate({ ...rate, windowMs: windows[next] })}
                options={windowNames.map((value) => ({ value, label: t(`plan.${value}`) }))}
              />
            </div>
          ) : null}
        </section>
        <section className="flex flex-col gap-3 rounded-lg border border-line p-3">
          <Switch
            isSelected={quota !== null}
            onChange={(on) => setQuota(on ? (limits.quota ?? { requests: 10_000, period: 'month' }) : null)}
            help={t('plan.quotaHelp')}
          >
            {t('plan.quota')}
          </Switch>
          {quota ? (
            <div className="grid grid-cols-2 gap-3">
              <NumberField
                label={t('plan.calls')}
                value={quota.requests}
                onChange={(value) => setQuota({ ...quota, requests: whole(value, 1) })}
                minValue={1}
                maxValue={1_000_000_000_000}
              />
              <Select
                label={t('plan.per')}
                value={quota.period}
                onChange={(period) => setQuota({ ...quota, period })}
                options={calendarPeriods.map((value) => ({ value, label: t(`plan.calendar.${value}`) }))}
              />
            </div>
          ) : null}
        </section>
        <section className="flex flex-col gap-3 rounded-lg border border-line p-3">
          <Switch
            isSelected={hasLevel}
            onChange={(on) =>
              setLevel(on ? { p95Ms: 300, availability: 99.9 } : { p95Ms: null, availability: null })
            }
            help={t('plan.levelHelp')}
          >
            {t('plan.level')}
          </Switch>
          {hasLevel ? (
            <div className="grid grid-cols-2 gap-3">
              <NumberField
                label={t('plan.p95')}
                value={level.p95Ms ?? Number.NaN}
                onChange={(value) => setLevel({ ...level, p95Ms: Number.isNaN(value) ? null : value })}
                minValue={1}
                maxValue={600_000}
              />
              <NumberField
                label={t('plan.availability')}
                value={level.availability ?? Number.NaN}
                onChange={(value) => setLevel({ ...level, availability: Number.isNaN(value) ? null : value })}
                minValue={0}
                maxValue={100}
                formatOptions={{ maximumFractionDigits: 3 }}
              />
            </div>
          ) : null}
        </section>
        <RadioGroup
          label={t('plan.approval')}
          value={approval}
          onChange={setApproval}
          options={[
            { value: 'auto', label: t('plan.auto'), detail: t('plan.autoDetail') },
            { value: 'manual', label: t('plan.manual'), detail: t('plan.manualDetail') },
          ]}
        />
        <p className="rounded-lg bg-sunken px-3 py-2.5">
          <span className="text-sm text-muted">{t('plan.preview')}: </span>
          {[
            rate
              ? t('plan.rateWords', {
                  count: rate.requests,
                  formatted: format.count(rate.requests),
                  window: windowName ? t(`plan.${windowName}`) : format.duration(rate.windowMs),
                })
              : undefined,
            quota
              ? t('plan.quotaWords', {
                  count: quota.requests,
                  period: t(`plan.calendar.${quota.period}`).toLowerCase(),
                })
              : undefined,
          ]
            .filter((words) => words !== undefined)
            .join(' · ') || t('plan.unlimited')}
        </p>
        <ProblemNote problem={save.error} />
        {save.isPending ? <LiveWaiting /> : null}
      </div>
    </Dialog>
  )
}

// The shares of a deployment: one bar, linked sliders that always add up to 100, presets, and the way back.

import { ArrowLeftRight, Plus, Trash2, Undo2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Badge } from '../../../ui/badge.tsx'
import { Button, IconButton } from '../../../ui/button.tsx'
import { useFormat } from '../../../ui/format.ts'
import { Menu } from '../../../ui/menu.tsx'
import { Card, Section } from '../../../ui/page.tsx'
import { ShareSlider } from '../../../ui/slider.tsx'
import { NumberField } from '../../../ui/text-field.tsx'
import type { GuardNow } from '../upstreams/live.ts'
import { allTo, asFirst, type Share, withoutUpstream, withShare, withUpstream } from './shares.ts'

const presets = [5, 25, 50, 100] as const
const colors = ['--series-1', '--series-3', '--series-2', '--series-4', '--series-5', '--series-6']

interface SharesCardProps {
  shares: readonly Share[]
  onChange(shares: Share[]): void
  /** Upstreams that the deployed revision has. */
  names: readonly string[]
  guard: GuardNow | null
  isEditable: boolean
  error: string | undefined
  /** Everything to the first, saved at once; absent while it is so already. */
  onReturn: (() => void) | undefined
  isReturning: boolean
}

export function SharesCard(props: SharesCardProps) {
  const { shares, onChange, names, guard, isEditable, error, onReturn, isReturning } = props
  const { t } = useTranslation('admin')
  const format = useFormat()
  const free = names.filter((name) => !shares.some(({ upstream }) => upstream === name))
  const [one, other] = shares
  const isTripped = guard?.state === 'tripped'
  const idle =
    shares.length === 2 ? (one?.weight === 100 ? other : other?.weight === 100 ? one : undefined) : undefined
  return (
    <Section
      title={t('traffic.shares')}
      sentence={t('traffic.sharesSentence')}
      actions={
        isEditable ? (
          <>
            {idle ? (
              <Button icon={ArrowLeftRight} onPress={() => onChange(allTo(shares, idle.upstream))}>
                {t('traffic.switchTo', { name: idle.upstream })}
              </Button>
            ) : null}
            {onReturn && one ? (
              <Button icon={Undo2} isPending={isReturning} onPress={onReturn}>
                {t('traffic.returnTo', { name: one.upstream })}
              </Button>
            ) : null}
          </>
        ) : null
      }
    >
      <Card pad={false}>
        <div className="px-4 pt-4">
          <div aria-hidden className="flex h-2 gap-px overflow-hidden rounded-full bg-sunken">
            {shares.map((share, index) => (
              <span
                key={share.upstream}
                className="transition-[width] duration-100"
                style={{
                  width: `${isTripped ? (index === 0 ? 100 : 0) : share.weight}%`,
                  background: colorAt(index),
                }}
              />
            ))}
          </div>
        </div>
        <ul className="divide-y divide-line">
          {shares.map((share, index) => (
            <ShareRow
              key={share.upstream}
              share={share}
              color={colorAt(index)}
              isFirst={index === 0}
              isOnly={shares.length === 1}
              isKnown={names.includes(share.upstream)}
              isEditable={isEditable}
              seen={guard?.upstreams.find(({ name }) => name === share.upstream)}
              onSet={(weight) => onChange(withShare(shares, share.upstream, weight))}
              onRemove={() => onChange(withoutUpstream(shares, share.upstream))}
              onMakeFirst={() => onChange(asFirst(shares, share.upstream))}
            />
          ))}
        </ul>
        {error ? <p className="px-4 pb-3 text-sm text-danger">{error}</p> : null}
        {isEditable ? (
          <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2">
            {free.length === 1 ? (
              <Button
                size="sm"
                variant="quiet"
                icon={Plus}
                className="-ml-2"
                onPress={() => onChange(withUpstream(shares, free[0] ?? ''))}
              >
                {t('traffic.addNamed', { name: free[0] })}
              </Button>
            ) : free.length > 1 ? (
              <Menu
                label={t('traffic.addShare')}
                trigger={
                  <Button size="sm" variant="quiet" icon={Plus} className="-ml-2">
                    {t('traffic.addShare')}
                  </Button>
                }
                groups={[
                  {
                    id: 'free',
                    items: free.map((name) => ({
                      id: name,
                      label: name,
                      onAction: () => onChange(withUpstream(shares, name)),
                    })),
                  },
                ]}
              />
            ) : null}
            <span className="tabular ml-auto text-sm text-muted">
              {t('traffic.total', {
                total: format.percent(
                  shares.reduce((sum, { weight }) => sum + Math.round(weight * 10), 0) / 1000,
                ),
              })}
            </span>
          </div>
        ) : null}
      </Card>
    </Section>
  )
}

interface ShareRowProps {
  share: Share
  color: string
  isFirst: boolean
  isOnly: boolean
  isKnown: boolean
  isEditable: boolean
  seen: GuardNow['upstreams'][number] | undefined
  onSet(weight: number): void
  onRemove(): void
  onMakeFirst(): void
}

function ShareRow(props: ShareRowProps) {
  const { share, color, isFirst, isOnly, isKnown, isEditable, seen, onSet, onRemove, onMakeFirst } = props
  const { t } = useTranslation('admin')
  const format = useFormat()
  const canSlide = isEditable && !isOnly
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_2rem] items-center gap-x-5 gap-y-2 px-4 py-3 sm:grid-cols-[minmax(0,15rem)_minmax(0,1fr)_8.5rem_2rem]">
      <div className="flex min-w-0 flex-col gap-1">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
          <code className="min-w-0 font-medium break-all">{share.upstream}</code>
          {isFirst && !isOnly ? <Badge>{t('traffic.stable')}</Badge> : null}
          {isKnown ? null : <Badge tone="warning">{t('traffic.unknownUpstream')}</Badge>}
        </span>
        {seen ? (
          <span className="tabular text-sm text-muted">
            {seen.requests === 0
              ? t('traffic.noRequests')
              : t('traffic.seen', {
                  requests: format.count(seen.requests),
                  errors: format.percent(seen.errors / seen.requests),
                  p95: seen.p95Ms === null ? '–' : format.duration(seen.p95Ms),
                })}
          </span>
        ) : null}
      </div>
      <div className="flex min-w-0 flex-col gap-1 max-sm:order-2 max-sm:col-span-2">
        <ShareSlider
          label={t('traffic.shareOf', { name: share.upstream })}
          value={share.weight}
          onChange={onSet}
          color={color}
          isDisabled={!canSlide}
        />
        {canSlide && !isFirst ? (
          <span className="flex flex-wrap items-center gap-1">
            {presets.map((preset) => (
              <Button
                key={preset}
                size="sm"
                variant={share.weight === preset ? 'secondary' : 'quiet'}
                aria-label={t('traffic.presetFor', {
                  share: format.percent(preset / 100),
                  name: share.upstream,
                })}
                onPress={() => onSet(preset)}
                className="h-6! px-1.5! text-xs!"
              >
                {format.percent(preset / 100)}
              </Button>
            ))}
            <Button
              size="sm"
              variant="quiet"
              onPress={onMakeFirst}
              className="h-6! px-1.5! text-xs! sm:ml-auto"
            >
              {t('traffic.makeStable')}
            </Button>
          </span>
        ) : null}
      </div>
      <NumberField
        label={t('traffic.percentOf', { name: share.upstream })}
        labelHidden
        unit="%"
        value={share.weight}
        onChange={(weight) => onSet(Number.isNaN(weight) ? 0 : weight)}
        minValue={0}
        maxValue={100}
        step={0.1}
        formatOptions={{ maximumFractionDigits: 1 }}
        isDisabled={!canSlide}
        className="max-sm:order-3 max-sm:col-span-2"
      />
      {isEditable && !isOnly ? (
        <IconButton
          icon={Trash2}
          label={t('traffic.removeShare', { name: share.upstream })}
          onPress={onRemove}
          className="max-sm:order-1"
        />
      ) : null}
    </li>
  )
}

function colorAt(index: number): string {
  return `var(${colors[index % colors.length]})`
}

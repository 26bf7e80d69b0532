// The targets of an upstream: one URL is one field; weights and regions show once there is something to weigh.

import { CircleCheck, CircleX, Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../../../ui/button.tsx'
import { cx } from '../../../ui/class-names.ts'
import { useFormat } from '../../../ui/format.ts'
import { useNarrow } from '../../../ui/narrow.ts'
import { Card } from '../../../ui/page.tsx'
import { NumberField, TextField } from '../../../ui/text-field.tsx'
import { TargetFigures, TargetHealth } from './health-now.tsx'
import type { UpstreamNow } from './live.ts'
import { type Settings, urlShape } from './settings.ts'

export type Target = Settings['targets'][number]

interface Checked {
  url: string
  reachable: boolean
  milliseconds: number
  detail: string | null
}

interface TargetListProps {
  targets: readonly Target[]
  onChange(targets: readonly Target[]): void
  /** Discovery finds instances, so that none need be named. */
  isOptional: boolean
  isEditable: boolean
  /** JSON Pointer → what the server said about it. */
  errors: ReadonlyMap<string, string>
  now: UpstreamNow | undefined
  checked: readonly Checked[] | undefined
}

export function TargetList(props: TargetListProps) {
  const { targets, onChange, isOptional, isEditable, errors, now, checked } = props
  const { t } = useTranslation('admin')
  const format = useFormat()
  const isWeighed =
    targets.length > 1 || targets.some(({ weight, region }) => weight !== 1 || region !== null)
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0)
  const set = (index: number, part: Partial<Target>) =>
    onChange(targets.map((target, at) => (at === index ? { ...target, ...part } : target)))
  const add = () => onChange([...targets, { url: 'https://', weight: 1, region: null }])
  // Side by side the first row names the columns; one below the other each field has its name.
  const isNarrow = useNarrow(640)
  const whole = errors.get('/targets')
  return (
    <Card pad={false}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 px-4 pt-3">
        <h3 className="font-medium">{t('upstreams.targets')}</h3>
        {isWeighed ? <span className="text-sm text-muted">{t('upstreams.targetsHelp')}</span> : null}
      </div>
      {targets.length === 0 ? (
        <p className={cx('px-4 py-3 text-sm', isOptional && !whole ? 'text-muted' : 'text-danger')}>
          {whole ?? (isOptional ? t('upstreams.onlyDiscovered') : t('upstreams.oneTarget'))}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {targets.map((target, index) => {
            const live = now?.targets.find(({ url }) => isSameUrl(url, target.url))
            const result = checked?.find(({ url }) => isSameUrl(url, target.url))
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: targets have no id and keep their order while edited
              <li key={index} className="flex flex-col gap-2 px-4 py-3">
                <div
                  className={cx(
                    'grid items-start gap-3 max-sm:grid-cols-[minmax(0,1fr)_2rem]',
                    isWeighed
                      ? 'sm:grid-cols-[minmax(0,1fr)_8rem_9rem_2rem]'
                      : 'sm:grid-cols-[minmax(0,1fr)_2rem]',
                  )}
                >
                  <TextField
                    label={t('upstreams.url')}
                    labelHidden={(index > 0 && !isNarrow) || !isWeighed}
                    error={
                      errors.get(`/targets/${index}/url`) ??
                      (urlShape.test(target.url) ? undefined : t('upstreams.urlInvalid'))
                    }
                    value={target.url}
                    onChange={(url) => set(index, { url: url.trim() })}
                    isReadOnly={!isEditable}
                    mono
                  />
                  {isWeighed ? (
                    <>
                      <NumberField
                        label={t('upstreams.weight')}
                        labelHidden={index > 0 && !isNarrow}
                        error={errors.get(`/targets/${index}/weight`)}
                        value={target.weight}
                        onChange={(weight) => set(index, { weight: Number.isNaN(weight) ? 1 : weight })}
                        minValue={0}
                        maxValue={1000}
                        isDisabled={!isEditable}
                        className="max-sm:col-start-1"
                      />
                      <TextField
                        label={t('upstreams.region')}
                        labelHidden={index > 0 && !isNarrow}
                        error={errors.get(`/targets/${index}/region`)}
                        value={target.region ?? ''}
                        placeholder={t('upstreams.anyRegion')}
                        onChange={(region) =>
                          set(index, { region: region.trim() === '' ? null : region.trim() })
                        }
                        isReadOnly={!isEditable}
                        className="max-sm:col-start-1"
                      />
                    </>
                  ) : null}
                  {isEditable ? (
                    <IconButton
                      icon={Trash2}
                      variant="danger-quiet"
                      label={t('upstreams.removeTarget', { url: target.url })}
                      onPress={() => onChange(targets.filter((_, at) => at !== index))}
                      className={cx(
                        'max-sm:col-start-2 max-sm:row-start-1',
                        isWeighed && (index === 0 || isNarrow) && 'mt-6.5',
                      )}
                    />
                  ) : null}
                </div>
                {live || result || (isWeighed && weights > 0) ? (
                  <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted">
                    {live ? <TargetHealth target={live} /> : null}
                    {live ? <TargetFigures target={live} /> : null}
                    {targets.length > 1 && weights > 0 ? (
                      <span className="tabular">
                        {t('upstreams.share', { share: format.percent(target.weight / weights) })}
                      </span>
                    ) : null}
                    {result ? <CheckResult result={result} /> : null}
                  </div>
                ) : null}
              </li>
            )
          })}
        </ul>
      )}
      {isEditable ? (
        <div className="border-t border-line px-4 py-2">
          <Button size="sm" variant="quiet" icon={Plus} className="-ml-2" onPress={add}>
            {t('upstreams.addTarget')}
          </Button>
        </div>
      ) : null}
    </Card>
  )
}

function CheckResult({ result }: { result: Checked }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const Icon = result.reachable ? CircleCheck : CircleX
  return (
    <span
      className={cx('inline-flex items-center gap-1.5', result.reachable ? 'text-success' : 'text-danger')}
    >
      <Icon size={14} aria-hidden />
      {result.reachable
        ? t('upstreams.reachable', { duration: format.duration(result.milliseconds) })
        : t('upstreams.unreachable')}
      {result.detail ? <span className="text-muted">{result.detail}</span> : null}
    </span>
  )
}

/** Gateways write a URL without the slash that ends it. */
function isSameUrl(a: string, b: string): boolean {
  return a.replace(/\/$/, '') === b.replace(/\/$/, '')
}

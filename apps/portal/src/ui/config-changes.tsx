// The contract's list of changes, told so that a person can read it: publish dialog, history and audit share it.

import type { Change as ConfigChange } from '@gatewright/shared/model/environment'
import { ChevronRight } from 'lucide-react'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge } from './badge.tsx'
import { Button } from './button.tsx'
import { ChangeList } from './change-list.tsx'
import { ScrollRegion } from './scroll-region.tsx'

const firstShown = 40
const longValue = 240
const shortArray = 60

export function ConfigChanges({
  changes,
  maxHeight,
}: {
  changes: readonly ConfigChange[]
  /** Scrolls in a box of its own from here on, as inside a dialog. */
  maxHeight?: string
}) {
  const { t } = useTranslation('common')
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? changes : changes.slice(0, firstShown)
  const told = (value: unknown): string | undefined => {
    if (value === undefined) return undefined
    if (value === null) return '–'
    if (value === '') return t('diff.empty')
    const isPlain =
      typeof value !== 'object' || (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    const text =
      typeof value === 'string'
        ? value
        : Array.isArray(value) && isPlain
          ? value.join(', ')
          : isPlain || (Array.isArray(value) && JSON.stringify(value).length <= shortArray)
            ? JSON.stringify(value)
            : plainFields(value)
    if (!isPlain && text === '') return undefined
    return text.length > longValue ? `${text.slice(0, longValue)}…` : text === '' ? t('diff.empty') : text
  }
  const list = (
    <div className="flex flex-col gap-2">
      <ChangeList
        changes={shown.map((change) => ({
          kind: change.kind === 'moved' ? 'changed' : change.kind,
          what: <Pointer pointer={change.pointer} />,
          ...(change.kind === 'moved'
            ? { mark: <Badge>{t('diff.moved')}</Badge> }
            : { before: told(change.before), after: told(change.after) }),
        }))}
      />
      {changes.length > shown.length ? (
        <Button size="sm" variant="quiet" className="self-start" onPress={() => setWhole(true)}>
          {t('diff.more', { count: changes.length - shown.length })}
        </Button>
      ) : null}
    </div>
  )
  if (maxHeight === undefined) return list
  return (
    <ScrollRegion label={t('diff.list')} maxHeight={maxHeight} className="overflow-y-auto">
      {list}
    </ScrollRegion>
  )
}

/** A whole object in one line: its plain fields by name; of a policy that is how it is set. */
export function plainFields(value: object): string {
  const inner = 'config' in value && typeof value.config === 'object' && value.config ? value.config : value
  return Object.entries(inner)
    .filter(([, field]) => field !== null && field !== '' && typeof field !== 'object')
    .map(([name, field]) => `${name} ${field}`)
    .join(' · ')
}

/** `routes/GET /books/policies/limit` as steps; a route stays one step although its path holds slashes. */
export function pointerSteps(pointer: string): string[] {
  const parts = pointer.split('/').filter((part) => part !== '')
  const at = parts.findIndex((part, index) => parts[index - 1] === 'routes' && part.endsWith(' '))
  if (at === -1) return parts
  const end = parts.findIndex((part, index) => index > at && routeFields.has(part))
  const stop = end === -1 ? parts.length : end
  const route = `${parts[at]}/${parts.slice(at + 1, stop).join('/')}`
  return [...parts.slice(0, at), route, ...parts.slice(stop)]
}

// What may follow a route in a pointer.
const routeFields = new Set([
  'when',
  'upstream',
  'policies',
  'mocks',
  'public',
  'enabled',
  'summary',
  'deprecated',
  'tags',
  'operationId',
  'parameters',
])

function Pointer({ pointer }: { pointer: string }) {
  const steps = pointerSteps(pointer)
  return (
    <span className="flex flex-wrap items-center gap-x-1">
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a pointer is a fixed path
        <Fragment key={index}>
          {index > 0 ? <ChevronRight size={12} aria-hidden className="text-faint" /> : null}
          <span className={index === steps.length - 1 ? 'font-medium break-all' : 'break-all text-muted'}>
            {step}
          </span>
        </Fragment>
      ))}
    </span>
  )
}

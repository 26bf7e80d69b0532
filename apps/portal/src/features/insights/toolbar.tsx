// Range, filters and sharing, above every page of insights.

import { useQueryClient } from '@tanstack/react-query'
import { CalendarRange, Check, Link2, ListFilter, RefreshCw, ZoomOut } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { useFormat } from '../../ui/format.ts'
import { Menu } from '../../ui/menu.tsx'
import { useCopy } from '../../ui/use-copy.ts'
import { defaultFrom, presets, zoomedOut } from './range.ts'
import { filterNames, useScope } from './scope.ts'
import { useSubjectNames } from './subjects.ts'

const RangeDialog = lazy(async () => ({ default: (await import('./range-dialog.tsx')).RangeDialog }))
const FilterDialog = lazy(async () => ({ default: (await import('./filter-dialog.tsx')).FilterDialog }))

export function Toolbar({ extraChips }: { extraChips?: React.ReactNode }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const queryClient = useQueryClient()
  const nameOf = useSubjectNames(scope)
  const [copied, copy] = useCopy()
  const [open, setOpen] = useState<'range' | 'filter'>()
  const { from, to } = scope.slice
  const preset = to === 'now' ? presets.find((candidate) => candidate === from) : undefined
  const told = (text: string) => (/^now/.test(text) ? text : format.dateTime(text))
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Menu
        label={t('range.label')}
        trigger={
          <Button icon={CalendarRange}>
            {preset ? t(`range.${preset}`) : t('range.span', { from: told(from), to: told(to) })}
          </Button>
        }
        groups={[
          {
            id: 'presets',
            items: presets.map((candidate) => ({
              id: candidate,
              label: t(`range.${candidate}`),
              detail: candidate,
              isSelected: candidate === preset,
              onAction: () =>
                scope.set({ from: candidate === defaultFrom ? undefined : candidate, to: undefined }),
            })),
          },
          {
            id: 'custom',
            items: [{ id: 'custom', label: t('range.custom'), onAction: () => setOpen('range') }],
          },
        ]}
      />
      <IconButton
        icon={ZoomOut}
        label={t('range.zoomOut')}
        variant="secondary"
        onPress={() => scope.set(zoomedOut(from, to, Date.now()))}
      />
      <Button icon={ListFilter} onPress={() => setOpen('filter')}>
        {t('filter.add')}
      </Button>
      {filterNames.map((name) => {
        const value = scope.filters[name]
        return value === undefined ? null : (
          <FilterChip
            key={name}
            name={t(`filter.${name}`)}
            value={nameOf(name, value)}
            onRemove={() => scope.set({ [name]: undefined })}
          />
        )
      })}
      {extraChips}
      <span className="ml-auto flex items-center gap-1">
        <IconButton
          icon={RefreshCw}
          label={t('refresh')}
          onPress={() => void queryClient.invalidateQueries({ queryKey: orpc.analytics.key() })}
        />
        <IconButton
          icon={copied ? Check : Link2}
          label={copied ? t('linkCopied') : t('copyLink')}
          onPress={() => void copy(location.href)}
        />
      </span>
      <Suspense>
        {open === 'range' ? (
          <RangeDialog from={from} to={to} onApply={scope.set} onClose={() => setOpen(undefined)} />
        ) : null}
        {open === 'filter' ? <FilterDialog scope={scope} onClose={() => setOpen(undefined)} /> : null}
      </Suspense>
    </div>
  )
}

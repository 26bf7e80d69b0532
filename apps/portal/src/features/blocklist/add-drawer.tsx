// A block by hand: whom, why and for how long.

import type { BlockKind } from '@gatewright/shared/model/block'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorsByPath } from '../../forms/field-problems.ts'
import { Button } from '../../ui/button.tsx'
import { Segmented } from '../../ui/choice.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Blocklist } from './queries.ts'

const hourMs = 3_600_000
const lengths = {
  hour: hourMs,
  day: 24 * hourMs,
  week: 168 * hourMs,
  month: 720 * hourMs,
  lifted: null,
} as const
type Length = keyof typeof lengths

export function AddDrawer({ list, onClose }: { list: Blocklist; onClose(): void }) {
  const { t } = useTranslation('admin')
  const [kind, setKind] = useState<BlockKind>('address')
  const [value, setValue] = useState('')
  const [reason, setReason] = useState('')
  const [length, setLength] = useState<Length>('day')
  const { add } = list
  const errors = errorsByPath(add.error)
  const isComplete = value.trim() !== '' && reason.trim() !== ''
  const submit = () => {
    if (!isComplete || add.isPending) return
    const ms = lengths[length]
    add.mutate(
      {
        kind,
        value: value.trim(),
        reason: reason.trim(),
        expiresAt: ms === null ? null : new Date(Date.now() + ms).toISOString(),
      },
      {
        onSuccess: () => {
          toast({ title: t('blocklist.added', { value: value.trim() }) })
          onClose()
        },
      },
    )
  }
  return (
    <Drawer
      isOpen
      onClose={onClose}
      isLocked={add.isPending}
      title={t(`blocklist.add.${list.scope}`)}
      sentence={t('blocklist.addSentence')}
      footer={
        <>
          {add.error && errors.size === 0 ? (
            <div className="w-full">
              <ProblemNote problem={add.error} />
            </div>
          ) : null}
          <Button variant="danger" isPending={add.isPending} isDisabled={!isComplete} onPress={submit}>
            {t('blocklist.block')}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {list.kinds.length > 1 ? (
          <Segmented
            className="self-start"
            label={t('blocklist.what')}
            value={kind}
            onChange={setKind}
            options={list.kinds.map((one) => ({ value: one, label: t(`blocklist.kind.${one}`) }))}
          />
        ) : null}
        <TextField
          key={kind}
          label={t(`blocklist.value.${kind}`)}
          help={t(`blocklist.valueHelp.${kind}`)}
          error={errors.get('/blocks/0/value')}
          placeholder={placeholders[kind]}
          value={value}
          onChange={setValue}
          mono
          autoFocus
        />
        <TextField
          label={t('blocklist.column.reason')}
          help={t('blocklist.reasonHelp')}
          error={errors.get('/blocks/0/reason')}
          value={reason}
          onChange={setReason}
          maxLength={200}
        />
        <Select
          label={t('blocklist.length')}
          value={length}
          onChange={setLength}
          options={(Object.keys(lengths) as Length[]).map((one) => ({
            value: one,
            label: t(`blocklist.lengths.${one}`),
          }))}
        />
        {/* Enter in a field sends the form: it needs a button of its own for that. */}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Drawer>
  )
}

const placeholders = { address: '203.0.113.0/24', credential: 'key_…', application: 'app_…' }

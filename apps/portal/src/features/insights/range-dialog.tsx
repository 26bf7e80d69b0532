// An own range: `now-6h` text or two times, checked before it is asked.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { rangeProblem } from './range.ts'

interface RangeDialogProps {
  from: string
  to: string
  onApply(range: { from: string; to: string }): void
  onClose(): void
}

export function RangeDialog({ from, to, onApply, onClose }: RangeDialogProps) {
  const { t } = useTranslation('insights')
  const [start, setStart] = useState(from)
  const [end, setEnd] = useState(to)
  const problem = rangeProblem(start.trim(), end.trim(), Date.now())
  const apply = () => {
    if (problem) return
    onApply({ from: start.trim(), to: end.trim() })
    onClose()
  }
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={onClose}
      title={t('range.custom')}
      sentence={t('range.utc', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
      footer={
        <Button variant="primary" isDisabled={problem !== undefined} onPress={apply}>
          {t('range.apply')}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          apply()
        }}
      >
        <TextField
          label={t('range.from')}
          help={t('range.help')}
          error={
            problem === 'from' ? t('range.invalid') : problem === 'long' ? t('range.tooLong') : undefined
          }
          value={start}
          onChange={setStart}
          mono
          autoFocus
        />
        <TextField
          label={t('range.to')}
          error={problem === 'to' ? t('range.invalid') : problem === 'order' ? t('range.order') : undefined}
          value={end}
          onChange={setEnd}
          mono
        />
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}

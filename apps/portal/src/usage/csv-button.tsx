// All rows of a paged list as a file, however many pages that takes.

import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { CursorPage } from '../api/rows.ts'
import { Button } from '../ui/button.tsx'
import { type Cell, csvOf } from '../ui/csv.ts'
import { saveFile } from '../ui/save-file.ts'

interface CsvButtonProps<T> {
  name: string
  head: readonly string[]
  row(row: T): readonly Cell[]
  page(cursor: string | undefined): Promise<CursorPage<T>>
  isDisabled: boolean
}

export function CsvButton<T>({ name, head, row, page, isDisabled }: CsvButtonProps<T>) {
  const { t } = useTranslation('usage')
  const save = useMutation({
    mutationFn: async () => {
      const rows: T[] = []
      let cursor: string | undefined
      do {
        const answer = await page(cursor)
        rows.push(...answer.data)
        cursor = answer.page.next_cursor ?? undefined
      } while (cursor !== undefined)
      saveFile(name, 'text/csv', csvOf(head, rows.map(row)))
    },
  })
  return (
    <Button
      size="sm"
      icon={Download}
      isDisabled={isDisabled}
      isPending={save.isPending}
      onPress={() => save.mutate()}
    >
      {t('csv')}
    </Button>
  )
}

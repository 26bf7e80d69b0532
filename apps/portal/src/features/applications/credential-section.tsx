// One kind of what an application proves itself with: its list, a button to add one, and the question before one is removed.

import { Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Section } from '../../ui/page.tsx'
import { RemoveDialog } from '../../ui/remove-dialog.tsx'
import type { useRemoveCredential } from './queries.ts'

interface Row {
  readonly id: string
  readonly name: string
  readonly state: 'active' | 'expired'
}

interface CredentialSectionProps<T extends Row> {
  /** Under it stand the texts of this kind. */
  texts: 'oauthClients' | 'clientCertificates' | 'signingKeys'
  query: Parameters<typeof rowsOfList<T>>[0]
  columns: readonly Column<T>[]
  remove: ReturnType<typeof useRemoveCredential<T['id']>>
  /** The dialog that adds one. */
  adding(close: () => void): ReactNode
  /** Beside the button that adds one, and beside the one that removes a row. */
  actions?: ReactNode
  rowActions?(row: T): ReactNode
}

export function CredentialSection<T extends Row>({
  texts,
  query,
  columns,
  remove,
  adding,
  actions,
  rowActions,
}: CredentialSectionProps<T>) {
  const { t } = useTranslation('developer')
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<T>()
  const ofRow: Column<T> = {
    id: 'actions',
    header: '',
    width: rowActions ? '14rem' : '9rem',
    align: 'end',
    cell: (row) => (
      <span className="flex flex-wrap justify-end gap-1">
        {rowActions?.(row)}
        <Button
          size="sm"
          variant="danger-quiet"
          aria-label={t('credentials.removeOf', { name: row.name })}
          onPress={() => setLeaving(row)}
        >
          {t('credentials.remove')}
        </Button>
      </span>
    ),
  }
  const source = rowsOfList(query)
  return (
    <Section
      title={t(`${texts}.title`)}
      sentence={<span className="block max-w-[72ch]">{t(`${texts}.sentence`)}</span>}
      actions={
        <>
          <Button icon={Plus} onPress={() => setAdding(true)}>
            {t(`${texts}.add`)}
          </Button>
          {actions}
        </>
      }
    >
      {source.rows?.length === 0 ? null : (
        <DataTable
          label={t(`${texts}.title`)}
          columns={[...columns, ofRow]}
          source={source}
          rowId={(row) => row.id}
          isDimmed={(row) => row.state !== 'active'}
          empty={null}
        />
      )}
      {isAdding ? adding(() => setAdding(false)) : null}
      {leaving ? (
        <RemoveDialog
          input={leaving.id}
          removal={remove}
          title={t('credentials.removeTitle', { name: leaving.name })}
          detail={t(`${texts}.removeDetail`)}
          action={t(`${texts}.removeAction`)}
          done={({ live }) => ({
            title: t(`${texts}.removed`),
            detail: live?.every((place) => place.live) ? t('keys.revokedLive') : t('keys.revokedSoon'),
          })}
          onClose={() => setLeaving(undefined)}
        />
      ) : null}
    </Section>
  )
}

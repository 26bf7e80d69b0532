// Makes or edits a product: its words and the API versions that it bundles.

import type { Product } from '@gatewright/shared/model/access'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { slugOf } from '../../forms/slug.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { LifecycleChip } from '../../ui/lifecycle-chip.tsx'
import { useLiveText } from '../../ui/live-note.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { bundleQuery, forgetProducts } from './queries.ts'

interface ProductDialogProps {
  tenant: string
  product?: Product
  onClose(): void
  onSaved(product: { name: string; title: string }): void
}

export function ProductDialog({ tenant, product, onClose, onSaved }: ProductDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const liveText = useLiveText()
  const apis = useQuery(bundleQuery(tenant))
  // The page behind refreshes; the form speaks of the product as it was read when it opened.
  const [edited] = useState(product)
  const [title, setTitle] = useState(product?.title ?? '')
  const [typedName, setTypedName] = useState<string>()
  const [description, setDescription] = useState(product?.description ?? '')
  const [versions, setVersions] = useState<ReadonlyArray<`ver_${string}`>>(
    product?.versions.map((version) => version.id) ?? [],
  )
  const name = product?.name ?? typedName ?? slugOf(title)
  const save = useMutation({
    mutationFn: () =>
      edited
        ? client.products.update(
            { tenant, product: edited.name, title, description, versions: [...versions] },
            { context: { ifMatch: edited.version } },
          )
        : client.products.create({ tenant, name, title, description, versions: [...versions] }),
    onSuccess: async (saved) => {
      const detail = liveText(saved)
      toast({ title: product ? t('saved') : t('products.created', { title }), ...(detail ? { detail } : {}) })
      await forgetProducts(queryClient)
      onSaved(saved)
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={product ? t('products.editTitle') : t('products.createTitle')}
      footer={
        <Button
          variant="primary"
          isPending={save.isPending}
          isDisabled={title.trim() === '' || name === ''}
          onPress={() => save.mutate()}
        >
          {product ? t('save') : t('products.create')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('products.fieldTitle')}
          value={title}
          onChange={setTitle}
          maxLength={100}
          autoFocus
        />
        {product ? null : (
          <TextField
            label={t('products.fieldName')}
            help={t('products.nameHelp')}
            value={name}
            onChange={setTypedName}
            mono
          />
        )}
        <TextArea
          label={t('products.fieldDescription')}
          value={description}
          onChange={setDescription}
          rows={3}
          maxLength={5000}
        />
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-0.5 text-sm font-medium">{t('products.fieldVersions')}</legend>
          <p className="text-sm text-muted">{t('products.versionsHelp')}</p>
          {apis.data ? (
            <ScrollRegion
              label={t('products.fieldVersions')}
              maxHeight="14rem"
              className="overflow-y-auto rounded-lg border border-line"
            >
              <ul className="divide-y divide-line">
                {apis.data.data.flatMap((api) =>
                  api.versions
                    .filter((version) => version.lifecycle !== 'retired' || versions.includes(version.id))
                    .map((version) => (
                      <li key={version.id} className="px-3 py-2">
                        <Checkbox
                          isSelected={versions.includes(version.id)}
                          onChange={(chosen) =>
                            setVersions(
                              chosen ? [...versions, version.id] : versions.filter((id) => id !== version.id),
                            )
                          }
                        >
                          <span className="flex flex-wrap items-center gap-2">
                            {api.title} <code className="text-sm text-muted">{version.name}</code>
                            <LifecycleChip lifecycle={version.lifecycle} />
                          </span>
                        </Checkbox>
                      </li>
                    )),
                )}
              </ul>
            </ScrollRegion>
          ) : (
            <Skeleton className="h-24 w-full" />
          )}
        </fieldset>
        <ProblemNote problem={save.error ?? apis.error} />
      </div>
    </Dialog>
  )
}

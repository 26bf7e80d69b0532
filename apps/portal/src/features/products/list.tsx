// All products with what they bundle and who subscribed.

import type { Product } from '@gatewright/shared/model/access'
import { getRouteApi } from '@tanstack/react-router'
import { BadgeCheck, Plus } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useListSearch } from '../../ui/list-search.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState } from '../../ui/states.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/products')
const ProductDialog = lazy(async () => ({ default: (await import('./product-dialog.tsx')).ProductDialog }))

export function ProductsPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const format = useFormat()
  const may = useMay(tenant)
  const { filters, set, clear, box } = useListSearch(search, ['create'])
  const source = usePages(orpc.products.list, { tenant, ...filters })
  const columns: Column<Product>[] = [
    {
      id: 'title',
      header: t('products.column.product'),
      card: 'title',
      cell: (product) => (
        <span className="flex items-center gap-2">
          <RowLink
            to="/admin/t/$tenant/$env/products/$product"
            params={{ tenant, env, product: product.name }}
          >
            {product.title}
          </RowLink>
          {product.archived ? <Badge>{t('products.archived')}</Badge> : null}
        </span>
      ),
    },
    {
      id: 'apis',
      header: t('products.column.apis'),
      cell: (product) =>
        product.versions.length === 0 ? (
          <span className="text-faint">{t('products.noApis')}</span>
        ) : (
          <span className="flex flex-wrap gap-1 max-sm:justify-end">
            {product.versions.slice(0, 4).map((version) => (
              <Badge key={version.id}>
                {version.apiTitle} {version.name}
              </Badge>
            ))}
            {product.versions.length > 4 ? <Badge>+{product.versions.length - 4}</Badge> : null}
          </span>
        ),
    },
    {
      id: 'plans',
      header: t('products.column.plans'),
      cell: (product) => (
        <span className="text-muted">
          {product.plans
            .filter((plan) => !plan.archived)
            .map((plan) => plan.title)
            .join(', ') || '–'}
        </span>
      ),
    },
    {
      id: 'subscribers',
      header: t('products.column.subscribers'),
      align: 'end',
      width: '9rem',
      cell: (product) => format.count(product.plans.reduce((sum, plan) => sum + plan.subscriberCount, 0)),
    },
  ]
  const create = may('product:write') ? (
    <Button variant="primary" icon={Plus} onPress={() => set({ create: true })}>
      {t('products.new')}
    </Button>
  ) : null
  return (
    <Page>
      <PageHeader title={t('products.title')} sentence={t('products.sentence')} actions={create} />
      <DataTable
        label={t('products.title')}
        columns={columns}
        source={source}
        rowId={(product) => product.id}
        isDimmed={(product) => product.archived}
        search={box(t('products.search'))}
        onClearFilters={clear}
        empty={
          <EmptyState
            icon={BadgeCheck}
            title={t('products.empty')}
            sentence={t('products.emptySentence')}
            action={create}
          />
        }
      />
      <Suspense>
        {search.create ? (
          <ProductDialog
            tenant={tenant}
            onClose={() => set({ create: undefined })}
            onSaved={(product) =>
              void navigate({
                to: '/admin/t/$tenant/$env/products/$product',
                params: { tenant, env, product: product.name },
              })
            }
          />
        ) : null}
      </Suspense>
    </Page>
  )
}

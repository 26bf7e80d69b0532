// One product: its plans with terms in words, the versions it opens, and a plan's further policies.

import type { Product } from '@gatewright/shared/model/access'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Archive, ArchiveRestore, Check, Ellipsis, PencilLine, Plus, ShieldCheck, Tag } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { LifecycleChip } from '../../ui/lifecycle-chip.tsx'
import { Link } from '../../ui/link.tsx'
import { Menu } from '../../ui/menu.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { EmptyState, Loaded, More, Skeleton } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'
import { forgetProducts, productQuery } from './queries.ts'
import { ServiceLevels } from './service-levels.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/products/$product')
const ProductDialog = lazy(async () => ({ default: (await import('./product-dialog.tsx')).ProductDialog }))
const PlanDialog = lazy(async () => ({ default: (await import('./plan-dialog.tsx')).PlanDialog }))
const ChainEditor = lazy(async () => ({
  default: (await import('../../pipeline/chain-editor.tsx')).ChainEditor,
}))

type Plan = Product['plans'][number]
type Archiving = { kind: 'product' } | { kind: 'plan'; plan: Plan }

export function ProductPage() {
  const { tenant, product } = route.useParams()
  const found = useQuery(productQuery(tenant, product))
  return <Loaded query={found}>{(loaded) => <ProductView product={loaded} />}</Loaded>
}

function ProductView({ product }: { product: Product }) {
  const { tenant, env } = route.useParams()
  const { plan: planName, tab } = route.useSearch()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const isEditable = may('product:write')
  const [isEditing, setEditing] = useState(false)
  const [isAdding, setAdding] = useState(false)
  const [archiving, setArchiving] = useState<Archiving>()
  const openPlan = product.plans.find((plan) => plan.name === planName)
  const close = () => void navigate({ search: {}, replace: true })
  const archive = useMutation({
    mutationFn: async ({ what, archived }: { what: Archiving; archived: boolean }) => {
      if (what.kind === 'product') {
        await client.products.update(
          { tenant, product: product.name, archived },
          { context: { ifMatch: product.version } },
        )
      } else {
        await client.products.updatePlan(
          { tenant, product: product.name, plan: what.plan.name, archived },
          { context: { ifMatch: what.plan.version } },
        )
      }
    },
    onSuccess: async (_, { what, archived }) => {
      const title = what.kind === 'product' ? product.title : what.plan.title
      toast({ title: t(archived ? 'products.archivedToast' : 'products.restoredToast', { title }) })
      setArchiving(undefined)
      await forgetProducts(queryClient)
    },
  })
  const shown = product.plans.filter((plan) => !plan.archived)
  const archivedPlans = product.plans.filter((plan) => plan.archived)
  const planCard = (plan: Plan) => (
    <PlanCard
      key={plan.id}
      plan={plan}
      isEditable={isEditable}
      onEdit={() => void navigate({ search: { plan: plan.name, tab: 'terms' }, replace: true })}
      onPolicies={() => void navigate({ search: { plan: plan.name, tab: 'policies' }, replace: true })}
      onArchive={() => setArchiving({ kind: 'plan', plan })}
      onRestore={() => archive.mutate({ what: { kind: 'plan', plan }, archived: false })}
    />
  )
  return (
    <Page>
      <PageHeader
        crumbs={[
          <Link key="products" to="/admin/t/$tenant/$env/products" params={{ tenant, env }}>
            {t('products.title')}
          </Link>,
        ]}
        title={product.title}
        mark={product.archived ? <Badge>{t('products.archived')}</Badge> : null}
        sentence={product.description || <code>{product.name}</code>}
        actions={
          isEditable ? (
            <>
              <Menu
                label={t('products.planMenu', { plan: product.title })}
                placement="bottom end"
                trigger={
                  <IconButton
                    icon={Ellipsis}
                    variant="secondary"
                    label={t('products.planMenu', { plan: product.title })}
                  />
                }
                groups={[
                  {
                    id: 'product',
                    items: [
                      {
                        id: 'edit',
                        label: t('products.edit'),
                        icon: PencilLine,
                        onAction: () => setEditing(true),
                      },
                      product.archived
                        ? {
                            id: 'restore',
                            label: t('products.restore'),
                            icon: ArchiveRestore,
                            onAction: () => archive.mutate({ what: { kind: 'product' }, archived: false }),
                          }
                        : {
                            id: 'archive',
                            label: t('products.archive'),
                            icon: Archive,
                            isDanger: true,
                            onAction: () => setArchiving({ kind: 'product' }),
                          },
                    ],
                  },
                ]}
              />
              <Button variant="primary" icon={Plus} onPress={() => setAdding(true)}>
                {t('products.addPlan')}
              </Button>
            </>
          ) : null
        }
      />
      <ProblemNote problem={archiving ? null : archive.error} />
      <Section title={t('products.plans')} sentence={t('products.plansSentence')}>
        {shown.length === 0 ? (
          <Card>
            <EmptyState icon={Tag} title={t('products.noPlans')} sentence={t('products.noPlansSentence')} />
          </Card>
        ) : (
          <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">{shown.map(planCard)}</ul>
        )}
        {archivedPlans.length > 0 ? (
          <More summary={t('products.showArchived')}>
            <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">{archivedPlans.map(planCard)}</ul>
          </More>
        ) : null}
      </Section>
      <ServiceLevels tenant={tenant} environment={env} product={product.name} plans={shown} />
      <Section title={t('products.apis')} sentence={t('products.apisSentence')}>
        <Card pad={false}>
          {product.versions.length === 0 ? (
            <p className="px-4 py-6 text-center text-muted">{t('products.noApis')}</p>
          ) : null}
          <ul className="divide-y divide-line">
            {product.versions.map((version) => (
              <li key={version.id} className="flex items-center gap-3 px-4 py-2.5">
                <Link
                  to="/admin/t/$tenant/$env/apis/$api"
                  params={{ tenant, env, api: version.apiName }}
                  search={{ version: version.name }}
                >
                  {version.apiTitle}
                </Link>
                <code className="text-sm text-muted">{version.name}</code>
                <span className="ml-auto">
                  <LifecycleChip lifecycle={lifecycleOf(version.lifecycle)} />
                </span>
              </li>
            ))}
          </ul>
        </Card>
      </Section>
      <Suspense>
        {isEditing ? (
          <ProductDialog
            tenant={tenant}
            product={product}
            onClose={() => setEditing(false)}
            onSaved={() => setEditing(false)}
          />
        ) : null}
        {isAdding || (openPlan && tab !== 'policies') ? (
          <PlanDialog
            tenant={tenant}
            product={product}
            plan={isAdding ? undefined : openPlan}
            onClose={() => {
              setAdding(false)
              close()
            }}
          />
        ) : null}
        {openPlan && tab === 'policies' ? (
          <Drawer
            isOpen
            size="lg"
            onClose={close}
            title={t('products.policiesOf', { plan: openPlan.title })}
            sentence={t('products.policiesSentence')}
          >
            <Suspense fallback={<Skeleton className="h-80 w-full" />}>
              <ChainEditor
                tenant={tenant}
                scope="plan"
                scopeId={openPlan.id}
                isEditable={isEditable}
                expectsIdentity={false}
                look="narrow"
              />
            </Suspense>
          </Drawer>
        ) : null}
      </Suspense>
      <AlertDialog
        isOpen={archiving !== undefined}
        onClose={() => {
          setArchiving(undefined)
          archive.reset()
        }}
        title={
          archiving?.kind === 'plan'
            ? t('products.archivePlanTitle', { title: archiving.plan.title })
            : t('products.archiveTitle', { title: product.title })
        }
        action={t('products.archive')}
        onConfirm={() => {
          if (archiving) archive.mutate({ what: archiving, archived: true })
        }}
        isPending={archive.isPending}
        problem={archive.error}
      >
        {t('products.archiveDetail')}
      </AlertDialog>
    </Page>
  )
}

interface PlanCardProps {
  plan: Plan
  isEditable: boolean
  onEdit(): void
  onPolicies(): void
  onArchive(): void
  onRestore(): void
}

function PlanCard({ plan, isEditable, onEdit, onPolicies, onArchive, onRestore }: PlanCardProps) {
  const { t } = useTranslation('admin')
  return (
    <li
      className={`flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 ${plan.archived ? 'opacity-70' : ''}`}
    >
      <div className="flex items-start justify-between gap-3">
        <div className="flex min-w-0 flex-col">
          <h3 className="text-md font-semibold">{plan.title}</h3>
          <span className="text-muted">{plan.price}</span>
        </div>
        {isEditable ? (
          <Menu
            label={t('products.planMenu', { plan: plan.title })}
            placement="bottom end"
            trigger={
              <IconButton size="sm" icon={Ellipsis} label={t('products.planMenu', { plan: plan.title })} />
            }
            groups={[
              {
                id: 'plan',
                items: [
                  { id: 'policies', label: t('products.policies'), icon: ShieldCheck, onAction: onPolicies },
                  plan.archived
                    ? {
                        id: 'restore',
                        label: t('products.restore'),
                        icon: ArchiveRestore,
                        onAction: onRestore,
                      }
                    : {
                        id: 'archive',
                        label: t('products.archive'),
                        icon: Archive,
                        isDanger: true,
                        onAction: onArchive,
                      },
                ],
              },
            ]}
          />
        ) : null}
      </div>
      {plan.description ? <p className="text-muted">{plan.description}</p> : null}
      <ul className="flex flex-1 flex-col gap-1.5">
        {[
          ...(plan.terms.length > 0 ? plan.terms : [t('products.noTerms')]),
          t(plan.approval === 'auto' ? 'products.approvalAuto' : 'products.approvalManual'),
        ].map((term) => (
          <li key={term} className="flex items-start gap-2">
            <Check size={15} aria-hidden className="mt-0.5 shrink-0 text-accent-text" />
            {term}
          </li>
        ))}
      </ul>
      <div className="flex items-center justify-between gap-3 border-t border-line pt-3 text-sm text-muted">
        <span className="tabular">{t('products.subscribers', { count: plan.subscriberCount })}</span>
        {isEditable && !plan.archived ? (
          <Button size="sm" icon={PencilLine} onPress={onEdit}>
            {t('products.editPlan')}
          </Button>
        ) : null}
      </div>
    </li>
  )
}

function lifecycleOf(word: string): 'draft' | 'published' | 'deprecated' | 'retired' {
  return word === 'published' || word === 'deprecated' || word === 'retired' ? word : 'draft'
}

// /__states: every component in every state, in both themes; looked at by people and by axe.

import { Boxes, Inbox, KeyRound, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button as AriaButton } from 'react-aria-components/Button'
import { Problem } from '../api/problem.ts'
import { Wordmark } from '../brand/mark.tsx'
import { AlertDialog } from '../ui/alert-dialog.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { Badge, MethodBadge, StateChip, StatusCode, type Tone } from '../ui/badge.tsx'
import { Button, IconButton } from '../ui/button.tsx'
import { ChangeList } from '../ui/change-list.tsx'
import { Checkbox, RadioGroup, Segmented, Switch } from '../ui/choice.tsx'
import { CommandPalette } from '../ui/command-palette.tsx'
import { CodeBlock, CopyField, SecretReveal } from '../ui/copy.tsx'
import { type Column, DataTable, type RowSource, type Sort } from '../ui/data-table.tsx'
import { Dialog, Drawer } from '../ui/dialog.tsx'
import { KeyValue } from '../ui/key-value.tsx'
import { Menu } from '../ui/menu.tsx'
import { Card, Page, PageHeader, Section } from '../ui/page.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { ComboBox, Select } from '../ui/select.tsx'
import { ShareSlider } from '../ui/slider.tsx'
import { Stat, StatRow } from '../ui/stat.tsx'
import { EmptyState, ErrorState, More, Skeleton } from '../ui/states.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { TagField } from '../ui/tag-field.tsx'
import { NumberField, SearchField, TextArea, TextField } from '../ui/text-field.tsx'
import { ThemeSwitch } from '../ui/theme-switch.tsx'
import { Time } from '../ui/time.tsx'
import { StepList, Timeline } from '../ui/timeline.tsx'
import { Toasts, toast } from '../ui/toast.tsx'
import { ChartStates } from './gallery-charts.tsx'
import { FormStates } from './gallery-forms.tsx'

const tones: readonly Tone[] = ['neutral', 'accent', 'success', 'warning', 'danger', 'info']

const problem = new Problem({
  status: 409,
  code: 'state_conflict',
  title: 'The current state does not allow this',
  detail: 'The subscription was cancelled at 12:04, so it cannot be approved any more.',
  requestId: 'req_01k9x2m4v7q8w3e5r6t1y2',
})

interface Row {
  id: string
  name: string
  path: string
  state: 'published' | 'draft' | 'deprecated'
  calls: number
  at: string
}

const rows: readonly Row[] = Array.from({ length: 8 }, (_, index) => ({
  id: `api_${index}`,
  name:
    ['Bookshop', 'Orders', 'Payments', 'Weather', 'Geocoding', 'Inventory', 'Shipping labels', 'Identity'][
      index
    ] ?? '',
  path: `/${['books', 'orders', 'pay', 'weather', 'geo', 'stock', 'labels', 'id'][index]}/v1`,
  state: index === 2 ? 'draft' : index === 5 ? 'deprecated' : 'published',
  calls: [128_403, 98_211, 0, 45_002, 12_345, 803, 77, 5][index] ?? 0,
  at: new Date(Date.now() - index * 5_400_000).toISOString(),
}))

const columns: ReadonlyArray<Column<Row>> = [
  {
    id: 'name',
    header: 'Name',
    isSortable: true,
    card: 'title',
    cell: (row) => <span className="font-medium">{row.name}</span>,
  },
  { id: 'path', header: 'Base path', cell: (row) => <code className="text-sm text-muted">{row.path}</code> },
  {
    id: 'state',
    header: 'State',
    card: 'aside',
    cell: (row) => (
      <StateChip tone={row.state === 'published' ? 'success' : row.state === 'draft' ? 'neutral' : 'warning'}>
        {row.state}
      </StateChip>
    ),
  },
  {
    id: 'calls',
    header: 'Calls, 24 h',
    align: 'end',
    isSortable: true,
    cell: (row) => row.calls.toLocaleString('en'),
  },
  { id: 'at', header: 'Changed', align: 'end', isWideOnly: true, cell: (row) => <Time at={row.at} /> },
]

function source(extra: Partial<RowSource<Row>>): RowSource<Row> {
  return {
    rows,
    error: null,
    refetch: () => {},
    hasMore: false,
    loadMore: () => {},
    isLoadingMore: false,
    ...extra,
  }
}

export function Gallery() {
  return (
    <main id="main">
      <Page>
        <div className="flex items-center justify-between">
          <Wordmark size={28} />
          <ThemeSwitch />
        </div>
        <PageHeader
          crumbs={[
            <a key="apis" href="/__states">
              APIs
            </a>,
          ]}
          title="Bookshop"
          mark={<StateChip tone="success">Published</StateChip>}
          sentence="Sells books: catalogue, baskets and orders. Owned by Grace Hopper."
          actions={
            <>
              <Button icon={Pencil}>Edit</Button>
              <Button variant="primary">Publish</Button>
            </>
          }
        />
        <Buttons />
        <Fields />
        <Tables />
        <Feedback />
        <Overlays />
        <Facts />
        <ChartStates />
        <FormStates />
      </Page>
      <Toasts />
    </main>
  )
}

function Line({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-2">{children}</div>
}

function Buttons() {
  return (
    <Section title="Buttons, badges, chips">
      <Card className="flex flex-col gap-4">
        {(['primary', 'secondary', 'quiet', 'danger', 'danger-quiet'] as const).map((variant) => (
          <Line key={variant}>
            <Button variant={variant}>Save changes</Button>
            <Button variant={variant} icon={Plus}>
              New API
            </Button>
            <Button variant={variant} size="sm">
              Small
            </Button>
            <Button variant={variant} isPending>
              Pending
            </Button>
            <Button variant={variant} isDisabled>
              Disabled
            </Button>
            <IconButton variant={variant} icon={Trash2} label="Delete" />
          </Line>
        ))}
        <Line>
          {tones.map((tone) => (
            <StateChip key={tone} tone={tone}>
              {tone}
            </StateChip>
          ))}
          {tones.map((tone) => (
            <Badge key={tone} tone={tone}>
              {tone}
            </Badge>
          ))}
        </Line>
        <Line>
          {['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => (
            <MethodBadge key={method} method={method} />
          ))}
          {[200, 304, 404, 503].map((status) => (
            <StatusCode key={status} status={status} />
          ))}
          <Avatar name="Grace Hopper" />
          <Avatar name="Ada Lovelace" />
          <Avatar name="Acme" shape="square" />
        </Line>
      </Card>
    </Section>
  )
}

function Fields() {
  const [choice, setChoice] = useState<'auto' | 'manual'>('auto')
  const [on, setOn] = useState(true)
  const [api, setApi] = useState<string>('api_0')
  const [environment, setEnvironment] = useState<string>('dev')
  const [tags, setTags] = useState(['mobile', 'tv'])
  const [share, setShare] = useState(10)
  const environments = [
    { value: 'dev', label: 'Development' },
    { value: 'test', label: 'Test', detail: 'Shared by all teams' },
    { value: 'prod', label: 'Production' },
  ]
  return (
    <Section title="Fields">
      <Card className="grid grid-cols-1 gap-x-8 gap-y-5 sm:grid-cols-2">
        <TextField label="Title" defaultValue="Bookshop" help="Shown in the catalogue." />
        <TextField label="Base path" defaultValue="/books v1" error="Use a path such as /books/v1" mono />
        <TextField label="Gateway" prefix="https://" suffix="/v1" defaultValue="api.acme.example" />
        <TextField label="Owner" isDisabled defaultValue="Grace Hopper" aside="Optional" />
        <NumberField label="Requests" defaultValue={1_000} minValue={1} unit="per minute" />
        <Select label="Environment" options={environments} value={environment} onChange={setEnvironment} />
        <ComboBox
          label="API"
          options={rows.map((row) => ({ value: row.id, label: row.name }))}
          value={api}
          onChange={setApi}
          placeholder="Type to find"
        />
        <SearchField label="Search APIs" className="self-end" />
        <TagField label="Is one of" values={tags} onChange={setTags} placeholder="Any value" />
        <ShareSlider label="Share of canary" value={share} onChange={setShare} color="var(--series-3)" />
        <ShareSlider
          label="Share of nobody"
          value={0}
          onChange={setShare}
          color="var(--series-1)"
          isDisabled
        />
        <TextArea label="Description" defaultValue="Sells books." className="sm:col-span-2" />
        <RadioGroup
          label="Approval"
          look="cards"
          value={choice}
          onChange={setChoice}
          options={[
            { value: 'auto', label: 'At once', detail: 'Keys work as soon as someone subscribes.' },
            { value: 'manual', label: 'By hand', detail: 'Someone of your team says yes first.' },
          ]}
        />
        <div className="flex flex-col items-start gap-3">
          <Checkbox defaultSelected help="Everyone may read it.">
            Public
          </Checkbox>
          <Checkbox isIndeterminate>Some</Checkbox>
          <Checkbox isDisabled>Disabled</Checkbox>
          <Switch isSelected={on} onChange={setOn} help="Answers without a credential.">
            Enabled
          </Switch>
          <Switch isSelected={false} onChange={() => {}}>
            Off
          </Switch>
          <Segmented
            label="Range"
            value={environment}
            onChange={setEnvironment}
            options={[
              { value: 'dev', label: '24 h' },
              { value: 'test', label: '7 d' },
              { value: 'prod', label: '30 d' },
            ]}
          />
        </div>
      </Card>
    </Section>
  )
}

function Tables() {
  const [sort, setSort] = useState<Sort>({ id: 'name', direction: 'asc' })
  const [search, setSearch] = useState('')
  const shared = { label: 'APIs', columns, rowId: (row: Row) => row.id }
  const empty = (
    <EmptyState
      icon={Boxes}
      title="No APIs yet"
      sentence="An API is what you publish: routes, an upstream and the rules between. Start from an OpenAPI document."
      action={
        <Button variant="primary" icon={Plus}>
          New API
        </Button>
      }
    />
  )
  return (
    <Section title="Tables">
      <DataTable
        {...shared}
        source={source({ hasMore: true, total: 214 })}
        sort={{ value: sort, onChange: setSort }}
        search={{ value: search, onChange: setSearch, placeholder: 'Search APIs' }}
        empty={empty}
        bulkActions={() => <Button size="sm">Retire</Button>}
      />
      <DataTable {...shared} label="No APIs" source={source({ rows: [] })} empty={empty} />
      <DataTable
        {...shared}
        label="No match"
        source={source({ rows: [] })}
        empty={empty}
        onClearFilters={() => {}}
      />
      <DataTable {...shared} label="Loading" source={source({ rows: undefined })} empty={empty} />
      <DataTable
        {...shared}
        label="Failed"
        source={source({ rows: undefined, error: problem })}
        empty={empty}
      />
    </Section>
  )
}

function Feedback() {
  return (
    <Section title="Feedback">
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <Card>
          <ProblemNote problem={problem} />
        </Card>
        <Card>
          <SecretReveal
            secret="gw_dev_8fk2m4v7q8w3_5r6t1y2u3i4o5p6a7s8d9f0g1h2j3k4l_9xQ2bZ"
            label="Key"
            onCopied={() => {}}
          />
        </Card>
        <Card pad={false}>
          <ErrorState
            error={new Problem({ status: 0, code: 'network', title: 'network' })}
            onRetry={() => {}}
          />
        </Card>
        <Card pad={false}>
          <EmptyState
            icon={Inbox}
            title="Nothing waits"
            sentence="Access requests appear here until someone decides."
          />
        </Card>
        <Card className="flex flex-col gap-2">
          <Skeleton className="h-6 w-40" />
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-2/3" />
        </Card>
        <Card>
          <More summary="Advanced">
            <p className="text-muted">Details that most readers may skip.</p>
          </More>
        </Card>
      </div>
    </Section>
  )
}

function Overlays() {
  const [open, setOpen] = useState<'dialog' | 'alert' | 'drawer' | 'palette'>()
  const [tab, setTab] = useState<'overview' | 'routes' | 'policies'>('overview')
  const close = () => setOpen(undefined)
  return (
    <Section title="Overlays and tabs">
      <Line>
        <Button onPress={() => setOpen('dialog')}>Open dialog</Button>
        <Button onPress={() => setOpen('alert')}>Open alert</Button>
        <Button onPress={() => setOpen('drawer')}>Open drawer</Button>
        <Button onPress={() => setOpen('palette')}>Open palette</Button>
        <Button
          onPress={() => toast({ title: 'Published', detail: 'Revision 42 is live on 3 of 3 gateways.' })}
        >
          Toast
        </Button>
        <Button
          onPress={() =>
            toast({ title: 'It failed', detail: 'The database is unavailable.', tone: 'danger' })
          }
        >
          Failed toast
        </Button>
        <Menu
          label="Actions"
          trigger={
            <AriaButton
              aria-label="More actions"
              className="grid size-8 place-items-center rounded-lg data-hovered:bg-hover"
            >
              <MoreHorizontal size={16} aria-hidden />
            </AriaButton>
          }
          groups={[
            {
              id: 'a',
              items: [
                { id: 'rotate', label: 'Rotate', icon: KeyRound },
                { id: 'rename', label: 'Rename', icon: Pencil },
              ],
            },
            { id: 'b', items: [{ id: 'revoke', label: 'Revoke', icon: Trash2, isDanger: true }] },
          ]}
        />
      </Line>
      <Tabs
        label="API"
        value={tab}
        onChange={setTab}
        items={[
          { value: 'overview', label: 'Overview' },
          { value: 'routes', label: 'Routes', count: 24 },
          { value: 'policies', label: 'Policies', count: 3 },
        ]}
      >
        <p className="text-muted">The panel of “{tab}”.</p>
      </Tabs>
      <Dialog
        isOpen={open === 'dialog'}
        onClose={close}
        title="Get access to Bookshop"
        sentence="Your key works as soon as you see it."
        footer={
          <>
            <Button onPress={close}>Cancel</Button>
            <Button variant="primary" onPress={close}>
              Get access
            </Button>
          </>
        }
      >
        <TextField label="Application" defaultValue="Grace’s app" />
      </Dialog>
      <AlertDialog
        isOpen={open === 'alert'}
        onClose={close}
        title="Revoke this key?"
        action="Revoke key"
        onConfirm={close}
        typeToConfirm="bookshop"
      >
        Calls with it are refused on every gateway within two seconds.
      </AlertDialog>
      <Drawer isOpen={open === 'drawer'} onClose={close} title="GET /books/{id}" sentence="200 in 12.4 ms">
        <KeyValue facts={[{ label: 'Application', value: 'Grace’s app' }]} />
      </Drawer>
      <CommandPalette
        isOpen={open === 'palette'}
        onClose={close}
        commands={rows.map((row) => ({
          id: row.id,
          title: row.name,
          group: 'APIs',
          icon: Boxes,
          run: () => {},
        }))}
      />
    </Section>
  )
}

function Facts() {
  return (
    <Section title="Facts">
      <StatRow>
        <Stat label="Requests" value="1.28M" change={0.124} course={[3, 5, 4, 6, 8, 7, 9, 12]} />
        <Stat
          label="Error rate"
          value="0.42"
          unit="%"
          change={-0.31}
          isBadWhenUp
          course={[9, 7, 8, 4, 5, 3, 2]}
          color="var(--http-5xx)"
        />
        <Stat
          label="p95"
          value="48.2"
          unit="ms"
          change={0.05}
          isBadWhenUp
          definition="95 % of requests took less time than this."
        />
        <Stat label="Applications" value="37" change={0} />
      </StatRow>
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <Card>
          <KeyValue
            facts={[
              {
                label: 'Base URL',
                value: <CopyField value="https://api.acme.example/books/v1" label="Copy base URL" />,
              },
              { label: 'Owner', value: 'Grace Hopper' },
              { label: 'Changed', value: <Time at={rows[1]?.at ?? ''} /> },
            ]}
          />
        </Card>
        <CodeBlock
          title="curl"
          code={'curl https://api.acme.example/books/v1/books \\\n  -H "X-API-Key: $GATEWRIGHT_KEY"'}
        />
        <Card>
          <Timeline
            label="History"
            entries={[
              { id: '1', tone: 'success', title: 'Approved by Ada', at: rows[0]?.at ?? '' },
              {
                id: '2',
                tone: 'warning',
                title: 'Requested by Grace',
                detail: '“For the autumn campaign.”',
                at: rows[2]?.at ?? '',
              },
            ]}
          />
        </Card>
        <Card pad={false}>
          <StepList
            label="Get started"
            steps={[
              { id: '1', title: 'Import an API', state: 'done' },
              {
                id: '2',
                title: 'Publish it',
                detail: 'About a minute',
                state: 'current',
                action: <Button size="sm">Publish</Button>,
              },
              { id: '3', title: 'Make the first call', state: 'todo' },
            ]}
          />
        </Card>
        <ChangeList
          changes={[
            { kind: 'added', what: 'Route POST /books' },
            { kind: 'changed', what: 'Rate limit', before: '60 per minute', after: '120 per minute' },
            {
              kind: 'removed',
              what: 'Route DELETE /books/{id}',
              mark: <Badge tone="danger">breaking</Badge>,
            },
          ]}
        />
      </div>
    </Section>
  )
}

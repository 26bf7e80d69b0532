// Parts of a long form, folded: each says in one line what is set in it, and opens by itself when something in it is wrong.

import { ChevronRight } from 'lucide-react'
import { Heading } from './field-box.tsx'
import { Members } from './schema-field.tsx'
import { type FormFields, hasError } from './schema-form.tsx'

export interface FormSection {
  title: string
  summary: string
  /** Names of the members that it shows, in the order of the schema. */
  members: readonly string[]
}

export function FormSections({ fields, sections }: { fields: FormFields; sections: readonly FormSection[] }) {
  return (
    <div className="divide-y divide-line rounded-lg border border-line bg-surface">
      {sections.map(({ title, summary, members }) => {
        const inside = fields.members.filter(({ name }) => members.includes(name))
        return (
          <details key={title} open={hasError(fields, inside) || undefined} className="group/section">
            <summary className="grid cursor-pointer list-none grid-cols-[minmax(0,1fr)_1rem] items-center gap-x-4 px-4 py-2.5 group-first/section:rounded-t-lg group-last/section:rounded-b-lg hover:bg-hover sm:grid-cols-[11rem_minmax(0,1fr)_1rem] [&::-webkit-details-marker]:hidden">
              <span className="font-medium">{title}</span>
              <span className="min-w-0 text-sm text-muted group-open/section:invisible max-sm:order-last max-sm:col-span-full max-sm:group-open/section:hidden">
                {summary}
              </span>
              <ChevronRight
                size={16}
                aria-hidden
                className="text-faint transition-transform group-open/section:rotate-90"
              />
            </summary>
            <div className="px-4 pt-2 pb-5">
              <Heading value={title}>
                <Members {...fields} members={inside} />
              </Heading>
            </div>
          </details>
        )
      })}
    </div>
  )
}

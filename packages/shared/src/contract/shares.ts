// Which other teams have an API in their catalogue.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant, page, pageInput, reference, version, written } from '../model/wire.ts'
import { inApi, operation } from './operation.ts'

export const shareState = z
  .enum(['active', 'running_out', 'ended'])
  .meta({ help: 'running_out: in their catalogue no more, while the subscriptions they have go on' })

export const share = z.strictObject({
  id: idSchema('shr'),
  team: z.strictObject({ name: slug, title: z.string() }),
  state: shareState,
  subscriptions: z
    .strictObject({ pending: z.int(), active: z.int(), suspended: z.int() })
    .meta({ title: 'Subscriptions of that team to products with this API' }),
  sharedBy: z.string(),
  createdAt: instant,
  endedAt: instant.nullable(),
  version,
})
export type Share = z.output<typeof share>

const inShare = { ...inApi, share: idSchema('shr') }

export const shares = {
  list: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/shares',
    'api:read',
    'List the teams an API is shared with',
  )
    .input(pageInput.extend(inApi))
    .output(page(share)),
  create: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/shares',
    'api:publish',
    'Share an API with another team',
    {
      status: 201,
      description:
        'Its members find the API in their catalogue, with your team as the provider, and subscribe with their own applications. ' +
        'You decide about their subscriptions as about your own. Sharing anew what was ended opens it again.',
    },
  )
    .input(z.strictObject({ ...inApi, team: reference.meta({ title: 'Team', help: 'Its name' }) }))
    .output(share),
  end: operation('POST', '/tenants/{tenant}/apis/{api}/shares/{share}/end', 'api:publish', 'End a share', {
    waitable: true,
    description:
      'The other team no longer finds the API. Where subscriptions stand, say what becomes of them: `keep` lets them run ' +
      'until somebody ends them, `end` cancels them within 2 s on every gateway. Suspended ones stay suspended.',
  })
    .input(
      z.strictObject({
        ...inShare,
        subscriptions: z.enum(['keep', 'end']).optional().meta({ title: 'Their subscriptions' }),
      }),
    )
    .output(written(share.shape)),
}

// What is offered: products bundle API versions, plans give them terms.
import * as z from 'zod'
import { calendarPeriods } from '../calendar.ts'
import { idSchema, slug } from '../ids.ts'
import { approval, plan, product, serviceLevel } from '../model/access.ts'
import { page, pageInput, propagation, reference } from '../model/wire.ts'
import { inProduct, inTenant, operation } from './operation.ts'

const title = z.string().trim().min(1).max(100).meta({ title: 'Title' })
const description = z.string().max(5000).meta({ title: 'Description' })
const price = z.string().max(100).meta({ title: 'Price' })
const inPlan = { ...inProduct, plan: z.string().max(80).meta({ title: 'Plan name or id' }) }

const quota = z
  .strictObject({
    requests: z.int().min(1).max(1_000_000_000_000).meta({ title: 'Requests' }),
    period: z.enum(calendarPeriods).meta({ title: 'Per calendar' }),
  })
  .nullable()

const rate = z
  .strictObject({
    requests: z.int().min(1).max(1_000_000_000).meta({ title: 'Requests' }),
    windowMs: z.int().min(1000).max(86_400_000).meta({ title: 'Per', widget: 'duration' }),
  })
  .nullable()

const serviceLevelDay = z.strictObject({
  day: z.iso.date(),
  requests: z.int().meta({ title: 'Calls that reached the service' }),
  p95Ms: z.number().nullable(),
  availability: z.number().nullable().meta({ title: 'Availability, per cent' }),
  promised: serviceLevel,
  isMet: z.boolean(),
})

const planInput = z.strictObject({
  name: slug,
  title,
  description: description.default(''),
  approval: approval.default('auto'),
  price: price.default('free'),
  serviceLevel: serviceLevel.default({ p95Ms: null, availability: null }),
  rate: rate.default(null).meta({ title: 'Rate limit', help: 'Becomes a rate-limit policy of the plan' }),
  quota: quota.default(null).meta({ title: 'Quota', help: 'Becomes a quota policy of the plan' }),
})

export const products = {
  list: operation('GET', '/tenants/{tenant}/products', 'product:read', 'List products')
    .input(pageInput.extend({ ...inTenant, search: z.string().max(200).optional() }))
    .output(page(product)),
  get: operation('GET', '/tenants/{tenant}/products/{product}', 'product:read', 'Read a product')
    .input(z.strictObject(inProduct))
    .output(product),
  create: operation('POST', '/tenants/{tenant}/products', 'product:write', 'Create a product', {
    status: 201,
    waitable: true,
  })
    .input(
      z.strictObject({
        ...inTenant,
        name: slug,
        title,
        description: description.default(''),
        versions: z.array(idSchema('ver')).max(200).default([]),
      }),
    )
    .output(product.extend(propagation.shape)),
  update: operation('PATCH', '/tenants/{tenant}/products/{product}', 'product:write', 'Change a product', {
    concurrency: true,
    waitable: true,
  })
    .input(
      z.strictObject({
        ...inProduct,
        title: title.optional(),
        description: description.optional(),
        versions: z.array(idSchema('ver')).max(200).optional(),
        archived: z.boolean().optional(),
      }),
    )
    .output(product.extend(propagation.shape)),
  createPlan: operation('POST', '/tenants/{tenant}/products/{product}/plans', 'product:write', 'Add a plan', {
    status: 201,
    waitable: true,
  })
    .input(planInput.extend(inProduct))
    .output(plan.extend(propagation.shape)),
  updatePlan: operation(
    'PATCH',
    '/tenants/{tenant}/products/{product}/plans/{plan}',
    'product:write',
    'Change a plan',
    {
      concurrency: true,
      waitable: true,
      description: 'Further policies of the plan are edited as the policy chain of its scope.',
    },
  )
    .input(
      z.strictObject({
        ...inPlan,
        title: title.optional(),
        description: description.optional(),
        approval: approval.optional(),
        price: price.optional(),
        serviceLevel: serviceLevel.optional(),
        rate: rate.optional(),
        quota: quota.optional(),
        archived: z.boolean().optional(),
      }),
    )
    .output(plan.extend(propagation.shape)),
  serviceLevel: operation(
    'GET',
    '/tenants/{tenant}/products/{product}/plans/{plan}/service-level',
    'product:read',
    'How the last days of a plan were, against what it promises',
    { description: 'One row for each day with calls, newest first; a day is told when it is over.' },
  )
    .input(z.strictObject({ ...inPlan, environment: reference.meta({ title: 'Environment name or id' }) }))
    .output(z.strictObject({ data: z.array(serviceLevelDay) })),
}

// Which operations are called most?
import type { Pool } from 'pg'
import type { Slice } from '../slice.ts'
import { rank } from './ranking.ts'

// HEAD is answered by the route of GET, so the method that is called most names the route.
export const topRoutes = (pool: Pool, slice: Slice) =>
  rank(pool, slice, 'route_id', `mode() WITHIN GROUP (ORDER BY method) || ' ' || max(route)`)

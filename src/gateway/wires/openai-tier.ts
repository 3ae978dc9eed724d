import type { JsonRecord } from '../../lib/loose-json.ts'

/** `auto` is what the account is set to; `flex` costs less than what is reserved. */
const knownTiers = new Set<unknown>([undefined, null, 'auto', 'default', 'flex'])

/** Why a request cannot be metered; null where it can. Other tiers cost more than the catalogue says. */
export function openaiTierRefusal(body: JsonRecord): string | null {
  return knownTiers.has(body['service_tier'])
    ? null
    : 'its service_tier has a price that the catalogue does not know'
}

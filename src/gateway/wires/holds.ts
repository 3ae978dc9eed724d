/** Whether an object of one of these types, or with one of these keys, stands anywhere in a JSON value, however deep. */
export function holds(
  value: unknown,
  wanted: { readonly types?: ReadonlySet<unknown>; readonly keys?: readonly string[] },
): boolean {
  const { types, keys = [] } = wanted
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const one = pending.pop()
    if (typeof one !== 'object' || one === null) continue
    if (!Array.isArray(one)) {
      if (types !== undefined && 'type' in one && types.has(one.type)) return true
      if (keys.some((key) => Object.hasOwn(one, key))) return true
    }
    for (const inner of Object.values(one)) if (typeof inner === 'object') pending.push(inner)
  }
  return false
}

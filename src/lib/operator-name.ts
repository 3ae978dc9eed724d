import { userInfo } from 'node:os'

/** Who runs this, for the record. In containers a uid often has no name. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] ?? `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

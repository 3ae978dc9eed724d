// Preloaded with `node --import`: the wall clock of this process is off by as many milliseconds as the file named by
// PTB_TEST_CLOCK says, from the moment at which it says so.
import { readFileSync } from 'node:fs'

const path = process.env.PTB_TEST_CLOCK
const now = Date.now.bind(Date)
const shifted = () => {
  try {
    return now() + Number(readFileSync(path, 'utf8') || 0)
  } catch {
    return now()
  }
}
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [shifted()] : given))
  }
  static now() {
    return shifted()
  }
}

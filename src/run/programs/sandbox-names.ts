/** Names for what lives on the machine: the lowest free ones, so that the next harness finds what a killed one left. */
export interface SandboxNames {
  take(): string
  giveBack(name: string): void
}

export function createSandboxNames(prefix: string): SandboxNames {
  const taken = new Set<string>()
  return {
    take() {
      let number = 0
      while (taken.has(`${prefix}-${number}`)) number++
      const name = `${prefix}-${number}`
      taken.add(name)
      return name
    },
    giveBack: (name) => taken.delete(name),
  }
}

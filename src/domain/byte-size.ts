const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']

/** Three digits at most: `812 bytes`, `3.42 MiB`, `117 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const size = bytes / 1024 ** power
  return `${power === 0 ? size : Number(size.toPrecision(3))} ${units[power]}`
}

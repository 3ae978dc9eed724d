/** Score of every test item by id. */
export type ItemValues = ReadonlyMap<string, number>

/** The items of one benchmark in the order of its samples: thousands of runs have the same, and share them. */
interface Sheet {
  readonly number: number
  readonly ids: readonly string[]
  readonly positions: ReadonlyMap<string, number>
}

/** Item values as they are written down: the number of their sheet, and one digit per item where that can say it. */
export interface PackedValues {
  readonly sheet: number
  readonly values: string | readonly number[]
}

/** Keeps the ids of items once, however many models were asked them. */
export interface ItemSheets {
  /** In the order of their numbers, from 0. */
  readonly ids: readonly (readonly string[])[]
  values(items: ReadonlyMap<string, number>): ItemValues
  pack(items: ItemValues): PackedValues
  unpack(packed: PackedValues): ItemValues
}

export function createItemSheets(known: readonly (readonly string[])[] = []): ItemSheets {
  const sheets: Sheet[] = []
  const byIds = new Map<string, Sheet>()

  function sheetOf(ids: readonly string[]): Sheet {
    const key = JSON.stringify(ids)
    const found = byIds.get(key)
    if (found !== undefined) return found
    const sheet = { number: sheets.length, ids, positions: new Map(ids.map((id, index) => [id, index])) }
    sheets.push(sheet)
    byIds.set(key, sheet)
    return sheet
  }

  for (const ids of known) sheetOf(ids)
  return {
    get ids() {
      return sheets.map(({ ids }) => ids)
    },
    values: (items) => valuesOn(sheetOf([...items.keys()]), Float64Array.from(items.values())),
    pack(items) {
      const values = [...items.values()]
      return {
        sheet: sheetOf([...items.keys()]).number,
        values: values.every((value) => value === 0 || value === 1) ? values.join('') : values,
      }
    },
    unpack({ sheet: number, values }) {
      const sheet = sheets[number]
      if (sheet === undefined || values.length !== sheet.ids.length)
        throw new RangeError(`no values of sheet ${number}`)
      return valuesOn(sheet, typeof values === 'string' ? digitsOf(values) : Float64Array.from(values))
    },
  }
}

function digitsOf(text: string): Float64Array {
  const values = new Float64Array(text.length)
  for (let index = 0; index < text.length; index++) values[index] = text.charCodeAt(index) - 0x30
  return values
}

/** A map that shares its keys with its likes. */
function valuesOn({ ids, positions }: Sheet, values: Float64Array): ItemValues {
  function* entries(): MapIterator<[string, number]> {
    for (const [index, id] of ids.entries()) yield [id, values[index] ?? Number.NaN]
  }
  const map: ItemValues = {
    size: ids.length,
    get(id) {
      const position = positions.get(id)
      return position === undefined ? undefined : values[position]
    },
    has: (id) => positions.has(id),
    keys: () => ids.values(),
    values: () => values.values(),
    entries,
    forEach(visit, self) {
      for (const [index, id] of ids.entries()) visit.call(self, values[index] ?? Number.NaN, id, map)
    },
    [Symbol.iterator]: entries,
  }
  return map
}

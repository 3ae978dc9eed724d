/** Offers a text as a file. It never leaves the browser: the page's policy allows no request. */
export function saveText(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name.replace(/[^\w.-]+/gu, '-')
  link.click()
  URL.revokeObjectURL(url)
}

const carried = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
]

/** The drawing as it looks now, with its colours in it, on its ground: it needs no style sheet any more. */
export function renderSvg(svg: SVGSVGElement, name: string): string {
  const copy = svg.cloneNode(true)
  if (!(copy instanceof SVGSVGElement)) return ''
  const originals = svg.querySelectorAll<SVGElement>('*')
  for (const [index, element] of copy.querySelectorAll<SVGElement>('*').entries()) {
    const original = originals[index]
    if (original !== undefined) carryStyle(original, element)
  }
  const { width, height } = svg.getBoundingClientRect()
  copy.removeAttribute('class')
  copy.removeAttribute('aria-hidden')
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('viewBox', `0 0 ${width} ${height}`)
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  ground.setAttribute('width', '100%')
  ground.setAttribute('height', '100%')
  ground.setAttribute('fill', getComputedStyle(document.documentElement).backgroundColor)
  const title = document.createElementNS('http://www.w3.org/2000/svg', 'title')
  title.textContent = name
  copy.prepend(title, ground)
  return new XMLSerializer().serializeToString(copy)
}

function carryStyle(from: SVGElement, to: SVGElement): void {
  const style = getComputedStyle(from)
  for (const property of carried) to.setAttribute(property, style.getPropertyValue(property))
  to.removeAttribute('class')
}

import { useState, type ReactElement } from 'react'

const themes = ['auto', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const key = 'ptb-theme'

/** Light, dark, or as the reader's system has it. Remembered where the browser lets a file remember anything. */
export function ThemeSwitch(): ReactElement {
  const [theme, setTheme] = useState(currentTheme)
  return (
    <div className="toggles theme" role="group" aria-label="Colours">
      {themes.map((one) => (
        <button
          type="button"
          key={one}
          aria-pressed={theme === one}
          onClick={() => {
            applyTheme(one)
            setTheme(one)
          }}
        >
          {one}
        </button>
      ))}
    </div>
  )
}

/** Before anything is drawn, so that the page does not flash. */
export function restoreTheme(): void {
  try {
    const stored = window.localStorage.getItem(key)
    const known = themes.find((theme) => theme === stored)
    if (known !== undefined) document.documentElement.dataset['theme'] = known
  } catch {
    // storage is switched off for files: the system's colours stay
  }
}

function currentTheme(): Theme {
  return themes.find((theme) => theme === document.documentElement.dataset['theme']) ?? 'auto'
}

function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme
  try {
    window.localStorage.setItem(key, theme)
  } catch {
    // as above: it holds until the page is closed
  }
}

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { readReport } from './read-report.ts'
import { restoreTheme } from './theme-switch.tsx'
import './style/base.css'
import './style/leaderboard.css'
import './style/runs.css'
import './style/run-panel.css'
import './style/charts.css'
import './style/score-over-time.css'
import './style/timeline.css'
import './style/resources.css'
import './style/print.css'
import './style/narrow.css'

restoreTheme()
const root = document.getElementById('root')
const report = readReport()
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      {report === null ? (
        <p className="page">This page was built without data: make it with ptb.</p>
      ) : (
        <App report={report} />
      )}
    </StrictMode>,
  )
}

/**
 * `rx-nvae/ui`: the dashboard and the cherry screen, over any stream of events or states.
 *
 * @module rx-nvae/ui
 */
// On the whole terminal

export { showCherry } from '../ui/cherry/showCherry.js';
export type { DashboardOptions } from '../ui/dashboard/showDashboard.js';
export { showDashboard } from '../ui/dashboard/showDashboard.js';
export type { FullScreenOptions } from '../ui/fullScreen.js';
export { fullScreen } from '../ui/fullScreen.js';
export { ScreenError } from '../ui/screenError.js';

// Components

export type { CherryScreenProps } from '../ui/cherry/CherryScreen.js';
export { CherryScreen } from '../ui/cherry/CherryScreen.js';
export type { ComparedRun } from '../ui/dashboard/comparison.js';
export type { DashboardProps } from '../ui/dashboard/Dashboard.js';
export { Dashboard } from '../ui/dashboard/Dashboard.js';
export type { ScreenRequest } from '../ui/dashboard/screenState.js';

// A run's events as one view

export type { At, LogLine, RunStatus, RunView } from '../ui/dashboard/runView.js';
export { newRun, withEvent, withoutProcess } from '../ui/dashboard/runView.js';

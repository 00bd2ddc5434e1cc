/** A run in words, for screen readers: no drawings, one fact per line. */
import { figure } from '../format.js';
import type { Fact } from './FactsPane.js';
import { healthFacts, type Measures, termFacts } from './facts.js';
import { groupsOf } from './groups.js';
import { runFacts } from './runFacts.js';
import type { RunView } from './runView.js';

/** All facts that the dashboard would show. */
export function words(view: RunView, measures: Measures): string[] {
  const { started, history, status } = view;
  const groups = groupsOf(started?.latentShapes ?? [], history).map(
    ({ scale, name, kl, collapsed }): Fact => ({
      name: `KL of group ${name.slice(1)} at ${scale}`,
      text: `${figure(kl)} nats${collapsed ? ', may have collapsed' : ''}`,
      alarming: collapsed,
    }),
  );
  const facts = [
    ...runFacts(view, measures.now),
    ...termFacts(view),
    ...(history.length > 0 ? groups : []),
    ...healthFacts(view, measures),
  ];
  return [
    `${started?.name ?? 'run'}: ${status === 'gone' ? 'the process is gone and reported no result' : status}`,
    ...facts.map(factText),
  ];
}

/** Progress in one line. */
export function runProgress(view: RunView): string {
  const loss = view.history.at(-1)?.values.loss;
  const [progress] = runFacts(view, 0);
  return `${spoken(progress?.text ?? 'opening')}${loss === undefined ? '' : `, loss ${figure(loss)}`}`;
}

function factText({ name, text, alarming = false }: Fact): string {
  return `${name}: ${alarming ? 'attention, ' : ''}${spoken(text)}`;
}

/** Replaces separators that screen readers would read aloud. */
function spoken(text: string): string {
  return text.replaceAll(' · ', ', ');
}

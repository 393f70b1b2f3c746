// What becomes of the form with another model. Nothing in the form is ever removed: what a model lacks is not sent to
// it, and is there again for one that has it. Pure.
import type { Card } from '../api/types';
import { aspectFor, before, canMake, givenSize, secondsOf } from '../make/ask';
import { MODES, type FormValues, type Mode } from '../make/form';
import { optionsOf, type OptionValue } from '../make/format';
import type { CameraValue } from '../camera/value';

/** One value, before and after; null: that model has no such thing. `take`: the filter that finds models that do. */
export type Change =
  | { what: 'mode'; from: Mode; to: Mode | null }
  | { what: 'camera'; from: CameraValue | null; to: CameraValue | null }
  | { what: 'seconds' | 'steps' | 'guidance'; from: number | null; to: number | null }
  | { what: 'aspect' | 'tier' | 'size' | 'preset'; from: string | null; to: string | null }
  | { what: 'sound' | 'draft'; from: boolean | null; to: boolean | null }
  | { what: 'lora' | 'option'; name: string; from: OptionValue | null; to: OptionValue | null };

/** Where a model cannot do what the form is set to: what comes nearest to it. */
const INSTEAD: Record<Mode, readonly Mode[]> = {
  text: ['still', 'image'],
  image: ['text', 'still'],
  frames: ['image', 'text', 'still'],
  extend: ['text', 'still'],
  still: ['text', 'image'],
};

/** The mode that this model is used in; null when it can make nothing that the studio knows. */
export function modeWith(mode: Mode, card: Card): Mode | null {
  return [mode, ...INSTEAD[mode], ...MODES].find((one) => canMake(card, one)) ?? null;
}

/** The form as it is asked of this model. */
export function formWith<T extends FormValues>(form: T, card: Card | undefined): T {
  const mode = card ? (modeWith(form.mode, card) ?? form.mode) : form.mode;
  return { ...form, mode, model: card && !card.default ? card.id : '' };
}

/** What another model makes different of what the form holds. `sizes`: what the server says that each would make. */
export function changes(form: FormValues, from: Card, to: Card, sizes?: { from: string; to: string }): Change[] {
  const [a, b] = [held(form, from), held(form, to)];
  const found: Change[] = [];
  if (a.mode !== b.mode) found.push({ what: 'mode', from: form.mode, to: b.mode });
  for (const what of [
    'camera',
    'sound',
    'draft',
    'seconds',
    'aspect',
    'tier',
    'steps',
    'guidance',
    'preset',
  ] as const) {
    const implied = what === 'seconds' || what === 'aspect'; // by the mode, where one of them has none
    if (a[what] !== b[what] && !(implied && (a[what] === null || b[what] === null)))
      found.push({ what, from: a[what], to: b[what] } as Change);
  }
  if (sizes?.from && sizes.to && sizes.from !== sizes.to) found.push({ what: 'size', ...sizes });
  for (const what of ['lora', 'option'] as const) {
    const [mine, other] = [a[what], b[what]];
    for (const name of new Set([...Object.keys(mine), ...Object.keys(other)])) {
      const change = { what, name, from: mine[name] ?? null, to: other[name] ?? null };
      if (change.from !== change.to) found.push(change);
    }
  }
  return found;
}

/** What is lost for as long as that model is chosen. */
export const lost = (all: readonly Change[]) => all.filter((change) => isLost(change));

function isLost(change: Change): boolean {
  return change.what === 'mode' || change.to === null;
}

/** What of the form counts with this model; null where it has no such thing, or the form leaves it to the model. */
function held(form: FormValues, card: Card) {
  const mode = modeWith(form.mode, card);
  const asked = { ...form, mode: mode ?? form.mode };
  const { format } = card;
  const moves = asked.mode !== 'still';
  return {
    mode,
    camera: form.camera.kind !== 'none' && moves && card.modes.includes('camera') ? form.camera : null,
    sound: form.withSound && moves && card.sound !== 'never' ? true : null,
    draft: form.draft && format.steps > 0 ? true : null,
    seconds: moves && form.mode !== 'still' ? secondsOf(asked, card) : null,
    aspect: givenSize(asked, card) || before(asked) ? null : aspectFor(asked, card),
    tier: form.tier && format.tiers.some((tier) => tier.name === form.tier) ? form.tier : null,
    steps: form.steps !== null && format.steps > 0 ? Math.min(form.steps, format.max_steps) : null,
    guidance: card.guidance !== null ? form.guidance : null,
    preset: card.presets.includes(form.preset) ? form.preset : null,
    lora: Object.fromEntries(Object.entries(form.loras).filter(([name]) => card.loras.includes(name))),
    option: optionsOf(card, form.options),
  };
}

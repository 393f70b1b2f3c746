// The film's document, pure: merge patches, the order of shots, and the edits of the board as patches. The server has
// the last word on all of it (vitascope/film/edit.py).
import type { FilmDocument, Line, Patch, Scene, Shot, Take } from './types';

export interface Placed {
  sceneId: string;
  scene: Scene;
  shotId: string;
  shot: Shot;
  label: string; // "2-1": scene and place, counted from 1
  before: string; // the shot before it in its scene; empty for the first
}

export function inOrder(film: FilmDocument): Placed[] {
  return (film.scene_order ?? []).flatMap((sceneId, number) => {
    const scene = film.scenes?.[sceneId] ?? {};
    const ids = scene.shots ?? [];
    return ids.map((shotId, at) => ({
      sceneId,
      scene,
      shotId,
      shot: film.shots?.[shotId] ?? {},
      label: `${number + 1}-${at + 1}`,
      before: ids[at - 1] ?? '',
    }));
  });
}

const isObject = (value: unknown): value is Patch =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7396, section 2. */
export function merged<T>(target: T, patch: unknown): T {
  if (!isObject(patch)) return patch as T;
  const result: Patch = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result as T;
}

/** One patch that does what both do in turn; null when no patch does: what is removed and put anew starts empty. */
export function combined(first: Patch, second: Patch): Patch | null {
  const result: Patch = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const old = result[name];
    if (!isObject(value) || !(name in result)) result[name] = value;
    else if (!isObject(old)) return null;
    else {
      const both = combined(old, value);
      if (!both) return null;
      result[name] = both;
    }
  }
  return result;
}

/** What a patch, or a document, has at "shots.k1.action"; undefined when it says nothing of it. */
export function valueAt(holder: unknown, path: string): unknown {
  let value = holder;
  for (const name of path.split('.')) {
    if (!isObject(value)) return value === null ? null : undefined;
    value = value[name];
  }
  return value;
}

/** The patch without what it does at this place or around it. */
export function without(patch: Patch, path: string): Patch {
  const [name, ...rest] = path.split('.');
  if (!(name in patch)) return patch;
  const { [name]: inner, ...others } = patch;
  if (!rest.length || !isObject(inner)) return others;
  const left = without(inner, rest.join('.'));
  return Object.keys(left).length ? { ...others, [name]: left } : others;
}

function free(prefix: string, taken: Record<string, unknown> = {}): string {
  let number = Object.keys(taken).length + 1;
  while (`${prefix}${number}` in taken) number += 1;
  return `${prefix}${number}`;
}

const shotsOf = (film: FilmDocument, sceneId: string) => film.scenes?.[sceneId]?.shots ?? [];

/** A new shot behind `after`, or at the scene's end; a scene too, where the film has none. */
export function addShot(
  film: FilmDocument,
  sceneId: string,
  after = '',
  shot: Shot = {},
): { patch: Patch; id: string } {
  const id = free('k', film.shots);
  if (!film.scenes?.[sceneId]) {
    const scene = free('s', film.scenes);
    const order = [...(film.scene_order ?? []), scene];
    return { patch: { shots: { [id]: shot }, scenes: { [scene]: { shots: [id] } }, scene_order: order }, id };
  }
  const order = [...shotsOf(film, sceneId)];
  order.splice(after ? order.indexOf(after) + 1 : order.length, 0, id);
  return { patch: { shots: { [id]: shot }, scenes: { [sceneId]: { shots: order } } }, id };
}

/** An empty scene behind `after`, or at the end. */
export function addScene(film: FilmDocument, heading: string, after = ''): Patch {
  const id = free('s', film.scenes);
  const order = [...(film.scene_order ?? [])];
  order.splice(after ? order.indexOf(after) + 1 : order.length, 0, id);
  return { scenes: { [id]: { heading } }, scene_order: order };
}

export function removeScene(film: FilmDocument, sceneId: string): Patch {
  const gone = new Set(shotsOf(film, sceneId));
  return {
    shots: Object.fromEntries([...gone].map((id) => [id, null])),
    scenes: { [sceneId]: null },
    scene_order: (film.scene_order ?? []).filter((id) => id !== sceneId),
    ...cutWithout(film, gone),
  };
}

export function removeShot(film: FilmDocument, placed: Placed): Patch {
  const { shotId, sceneId } = placed;
  const shots = shotsOf(film, sceneId).filter((id) => id !== shotId);
  return { shots: { [shotId]: null }, scenes: { [sceneId]: { shots } }, ...cutWithout(film, new Set([shotId])) };
}

/** A cut may not show a shot that is gone. */
function cutWithout(film: FilmDocument, gone: ReadonlySet<string>): Patch {
  const { items = [], left_out = [] } = film.cut ?? {};
  const touched = items.some((item) => gone.has(item.shot ?? '')) || left_out.some((id) => gone.has(id));
  if (!touched) return {};
  return {
    cut: {
      items: items.filter((item) => !gone.has(item.shot ?? '')),
      left_out: left_out.filter((id) => !gone.has(id)),
    },
  };
}

/** One place on (1) or back (-1), over the border of a scene too; null at the ends of the film. */
export function moveShot(film: FilmDocument, placed: Placed, step: 1 | -1): Patch | null {
  const { shotId, sceneId } = placed;
  const order = [...shotsOf(film, sceneId)];
  const at = order.indexOf(shotId);
  order.splice(at, 1);
  if (at + step >= 0 && at + step <= order.length) {
    order.splice(at + step, 0, shotId);
    return { scenes: { [sceneId]: { shots: order } } };
  }
  const scenes = film.scene_order ?? [];
  const other = scenes[scenes.indexOf(sceneId) + step];
  if (!other) return null;
  const there = shotsOf(film, other);
  const moved = step === 1 ? [shotId, ...there] : [...there, shotId];
  return { scenes: { [sceneId]: { shots: order }, [other]: { shots: moved } } };
}

/** In two, behind line number `lines`; the second goes on from the first's last frame. `seconds`: how long the first
 * is, where the shot has a length.
 */
export function splitShot(
  film: FilmDocument,
  placed: Placed,
  lines: number,
  seconds: number | null = null,
): { patch: Patch; id: string } {
  const { shot, shotId, sceneId } = placed;
  const all = shot.lines ?? [];
  const whole = toSeconds(shot.seconds);
  const part = whole !== null && seconds !== null && seconds > 0 && seconds < whole ? seconds : null;
  const { take: _, still: __, number: ___, transition: ____, seconds: _____, ...kept } = shot;
  const second: Shot = { ...kept, start: 'continue', lines: all.slice(lines) };
  if (whole !== null) second.seconds = part === null ? shot.seconds : written(whole - part);
  const added = addShot(film, sceneId, shotId, second);
  const first = { lines: all.slice(0, lines), ...(part !== null && { seconds: written(part) }) };
  return { patch: merged(added.patch, { shots: { [shotId]: first } }), id: added.id };
}

export function addLine(film: FilmDocument, lines: readonly Line[], speaker: string): Line[] {
  const taken = Object.values(film.shots ?? {}).flatMap((shot) => (shot.lines ?? []).map((line) => [line.id, true]));
  const line: Line = { id: free('l', Object.fromEntries(taken) as Record<string, unknown>), text: '' };
  if (speaker) line.speaker = speaker;
  return [...lines, line];
}

export function addMember(film: FilmDocument, name: string, kind: 'character' | 'place' | 'prop'): Patch {
  return { cast: { [free('c', film.cast)]: { name, ...(kind !== 'character' && { kind }) } } };
}

/** Without them, in no shot and no line: what they said, nobody in particular says. */
export function removeMember(film: FilmDocument, id: string): Patch {
  const shots: Patch = {};
  for (const [key, shot] of Object.entries(film.shots ?? {})) {
    const spoken = (shot.lines ?? []).some((line) => line.speaker === id);
    if (!spoken && !shot.cast?.includes(id)) continue;
    shots[key] = {
      ...(shot.cast?.includes(id) && { cast: shot.cast.filter((one) => one !== id) }),
      ...(spoken && { lines: shot.lines?.map((line) => (line.speaker === id ? { ...line, speaker: '' } : line)) }),
    };
  }
  const placed = Object.entries(film.scenes ?? {}).filter(([, scene]) => scene.place === id);
  const scenes = Object.fromEntries(placed.map(([key]) => [key, { place: null }]));
  return {
    cast: { [id]: null },
    ...(Object.keys(shots).length > 0 && { shots }),
    ...(placed.length > 0 && { scenes }),
  };
}

/** "5/2" as 2.5; null for nothing. */
export function toSeconds(said: string | null | undefined): number | null {
  if (!said) return null;
  const [above, below = '1'] = said.split('/');
  const value = Number(above) / Number(below);
  return Number.isFinite(value) ? value : null;
}

/** 2.5 as "5/2": the exact fraction of what was typed, to a thousandth of a second. */
export function written(seconds: number): string {
  let [above, below] = [Math.round(seconds * 1000), 1000];
  for (const by of [2, 5]) {
    while (above % by === 0 && below % by === 0) [above, below] = [above / by, below / by];
  }
  return below === 1 ? String(above) : `${above}/${below}`;
}

/** What a shot is called where there is little room; empty when nothing is said of it. */
export const titleOf = (shot: Shot): string => shot.action || shot.prompt || shot.lines?.[0]?.text || '';

/** The chosen one, else the newest that is made (vitascope/film/take.py). */
export function shownTake(takes: readonly Take[], of: string, kind: Take['kind'], wanted = ''): Take | undefined {
  const made = takes.filter((take) => take.of === of && take.kind === kind && take.media);
  return made.find((take) => take.id === wanted) ?? made.sort((a, b) => a.number - b.number).at(-1);
}

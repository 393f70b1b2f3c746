import { describe, expect, it } from 'vitest';
import type { Video } from '../api/types';
import { left, shownSteps, usual } from './estimate';
import { acts, find, lead } from './jobs';
import { wedge } from './LeaderRing';
import { phase, story } from './story';

let count = 0;
const video = (given: Partial<Video>): Video =>
  ({
    id: `video_${++count}`,
    batch_id: '',
    model: 'nano',
    size: '352x192',
    seconds: '5',
    steps: 8,
    step: 0,
    step_count: 8,
    state: 'queued',
    seed: 1,
    clip_id: null,
    error: null,
    started_at: null,
    finished_at: null,
    queue_position: null,
    ...given,
  }) as Video;

describe('estimates', () => {
  const history = [4, 6, 20].map((took) => video({ state: 'succeeded', started_at: 100, finished_at: 100 + took }));

  it('takes the middle of what such jobs took, and of no others', () => {
    expect(usual(video({}), history)).toBe(6);
    expect(usual(video({ steps: 4 }), history)).toBeNull();
  });

  it('prefers what the server says, less the time since then', () => {
    expect(left(video({ seconds_left: 9 }), 1, history, 2)).toBe(7);
    expect(left(video({}), 2, history)).toBe(4);
    expect(left(video({ step: 4 }), 8, [])).toBe(8);
    expect(left(video({}), 8, [])).toBeNull();
  });

  it('shows at most twelve steps, the first and the last among them', () => {
    expect(shownSteps(3)).toEqual([1, 2, 3]);
    const many = shownSteps(50);
    expect([many.length, many[0], many.at(-1), new Set(many).size]).toEqual([12, 1, 50, 12]);
  });
});

describe('takes', () => {
  const group = [2, 1].map((seed) => video({ batch_id: 'b', seed, state: 'succeeded', clip_id: `clip_${seed}` }));

  it('keeps videos of one click together until it was chosen', () => {
    expect(acts(group).ended.map((take) => take.videos.map((one) => one.seed))).toEqual([[1, 2]]);
    expect(acts(group, ['b']).ended.length).toBe(2);
  });

  it('shows what runs before what waits, and the next in line first', () => {
    const waiting = [2, 1].map((queue_position) => video({ queue_position }));
    const running = video({ state: 'running' });
    expect(acts(waiting).waiting.map((take) => take.videos[0].queue_position)).toEqual([1, 2]);
    expect(lead(acts([...waiting, running]))?.videos[0]).toBe(running);
    expect(find(acts(waiting), waiting[0].id)?.videos[0]).toBe(waiting[0]);
  });
});

describe('story', () => {
  const of = (given: Partial<Video>, connection: 'live' | 'lost' = 'live') => {
    const [take] = Object.values(acts([video(given)])).flat();
    return story(take, new Map(), connection);
  };

  it('tells the states apart', () => {
    expect(story(undefined, new Map(), 'live').kind).toBe('empty');
    expect(of({}).kind).toBe('waiting');
    expect(of({ state: 'cancelled' }).kind).toBe('cancelled');
    expect(of({ state: 'failed', error: { code: 'policy_refused', message: '', hint: '' } }).kind).toBe('refused');
    expect(of({ state: 'failed', error: { code: 'error', message: '', hint: '' } })).toMatchObject({
      kind: 'failed',
      bad: true,
    });
  });

  it('only a job on its way can be out of sight', () => {
    expect(of({ state: 'running' }, 'lost').lost).toBe(true);
    expect(of({ state: 'cancelled' }, 'lost').lost).toBe(false);
  });

  it('goes from shapes to almost there', () => {
    expect([1, 4, 8].map((step) => phase({ step, step_count: 8 }))).toEqual(['early', 'middle', 'late']);
  });
});

it('draws the part of the disc that is done', () => {
  expect(wedge(0.25)).toContain('0 0 1');
  expect(wedge(0.75)).toContain('0 1 1');
});

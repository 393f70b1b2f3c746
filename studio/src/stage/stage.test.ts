import { describe, expect, it } from 'vitest';
import type { Video } from '../api/types';
import { countdown } from './clock';
import { dial, left, phase, shownSteps } from './estimate';
import { acts, find, finished, lead } from './jobs';
import { wedge } from './LeaderRing';
import { doing, story } from './story';

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
  it('lets the time of the server go down, and never up', () => {
    expect(left(video({ seconds_left: 9.2 }), 2)).toBe(8);
    expect(left(video({ seconds_left: 9.2 }), 0, 5)).toBe(5);
    expect(left(video({ seconds_left: 0.4 }), 3)).toBe(1);
    expect(left(video({ step: 4 }), 8)).toBeNull();
  });

  it('is the same wherever it is shown, also when the server says more than before', () => {
    const running = video({ state: 'running', seconds_left: 30 });
    expect([100, 101, 104].map((now) => countdown(running, now))).toEqual([30, 29, 26]);
    expect(countdown({ ...running, seconds_left: 29 }, 105)).toBe(26);
    expect(countdown({ ...running, seconds_left: null }, 106)).toBeNull();
    expect(countdown({ ...running, seconds_left: 60 }, 107)).toBe(26);
  });

  it('tells minutes beyond ninety seconds', () => {
    expect([7, 90, 91, 605].map(dial)).toEqual(['7', '90', '1:31', '10:05']);
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

  it('does not count what was cancelled among what is finished', () => {
    const ended = acts([video({ state: 'cancelled' }), video({ state: 'failed' }), ...group]);
    expect(finished(ended).map((take) => take.videos[0].state)).toEqual(['failed', 'succeeded']);
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

  it('goes from shapes to almost there, which is never said with much time left', () => {
    expect([10, 50, 85].map((progress) => phase(video({ progress }), null))).toEqual(['early', 'middle', 'late']);
    expect(phase(video({ progress: 20, step: 7 }), null)).toBe('middle');
    expect([8, 63].map((rest) => phase(video({ progress: 85 }), rest))).toEqual(['late', 'middle']);
  });

  it('names the step that is being made, and what is before and after the steps', () => {
    const said = (given: Partial<Video>) =>
      doing(
        video({ state: 'running', ...given }),
        ((key: string, values?: object) => key + JSON.stringify(values ?? '')) as never,
      );
    expect(said({ stage: 'turn' })).toContain('turn');
    expect(said({ stage: 'starting' })).toContain('starting');
    expect(said({ stage: 'steps' })).toBe('step{"step":1,"steps":8}');
    expect(said({ stage: 'steps', step: 1 })).toBe('step{"step":2,"steps":8}');
    expect(said({ stage: 'writing', step: 8 })).toContain('writing');
  });
});

it('draws the part of the disc that is done', () => {
  expect(wedge(0.25)).toContain('0 0 1');
  expect(wedge(0.75)).toContain('0 1 1');
});

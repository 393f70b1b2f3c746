// Where the preview is. What follows it at every frame subscribes to the store and draws without React.
import { create } from 'zustand';

interface Play {
  time: number; // seconds of the film
  rate: number; // 0: it stands
  loud: boolean;
}

export const usePlay = create<Play>(() => ({ time: 0, rate: 0, loud: true }));

/** For figures: the time in tenths, so that nothing is drawn anew at every frame. */
export const useTenths = () => usePlay((play) => Math.round(play.time * 10) / 10);

export const usePlaying = () => usePlay((play) => play.rate !== 0);

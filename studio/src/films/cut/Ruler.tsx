// Seconds above the rows, and the playhead that is drawn without React.
import { type PointerEvent, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { HEAD } from './desk';
import { usePlay, useTenths } from './play';
import css from './timeline.module.css';

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const APART_PX = 72;
const LABEL_PX = 46; // of the playhead's time, which stays in sight at the left

interface Props {
  perSecond: number;
  seconds: number;
  left: number;
  wide: number;
  onSeek: (seconds: number) => void;
}

export function Ruler({ perSecond, seconds, left, wide, onSeek }: Props) {
  const { t } = useTranslation('filmcut');
  const step = STEPS.find((one) => one * perSecond >= APART_PX) ?? 600;
  const first = Math.max(0, Math.floor((left - HEAD) / perSecond / step));
  const count = Math.ceil(wide / perSecond / step) + 2;
  const at = (event: PointerEvent<HTMLElement>) => {
    const { left: edge } = event.currentTarget.getBoundingClientRect();
    onSeek((event.clientX - edge) / perSecond);
  };
  const press = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    at(event);
  };
  const time = useTenths();
  const name = (value: number) =>
    value >= 60
      ? `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, '0')}`
      : String(Number(value.toFixed(1)));
  return (
    <div className={css.ruler}>
      <div className={css.corner} style={{ width: HEAD }} />
      <div
        className={css.ticks}
        role="slider"
        tabIndex={0}
        aria-label={t('playhead')}
        aria-valuenow={time}
        aria-valuemin={0}
        aria-valuemax={Number(seconds.toFixed(1))}
        aria-valuetext={t('atSeconds', { seconds: time.toFixed(1) })}
        onKeyDown={(event) => {
          const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
          if (way) onSeek(usePlay.getState().time + way * (event.shiftKey ? 1 : 0.1));
        }}
        onPointerDown={press}
        onPointerMove={(event) => event.buttons === 1 && at(event)}
      >
        {Array.from({ length: count }, (_, n) => (first + n) * step)
          .filter((value) => value <= seconds + step / 2)
          .map((value) => (
            <span key={value} style={{ left: value * perSecond }}>
              {value === 0 ? t('zero') : name(value)}
            </span>
          ))}
      </div>
    </div>
  );
}

export function Playhead({ perSecond, offset }: { perSecond: number; offset: number }) {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const draw = ({ time }: { time: number }) => {
      if (!line.current) return;
      line.current.style.transform = `translateX(${offset + time * perSecond}px)`;
      line.current.style.setProperty('--label', `${Math.max(-LABEL_PX / 2, -time * perSecond)}px`);
      line.current.dataset.time = time.toFixed(1);
    };
    draw(usePlay.getState());
    return usePlay.subscribe(draw);
  }, [perSecond, offset]);
  return <div ref={line} className={css.playhead} aria-hidden />;
}

import { useReducedMotion } from '@mantine/hooks';
import { useRef, useState, type ReactNode } from 'react';

interface Props {
  src: string | null | undefined; // the still picture
  clip?: string | null; // what plays, muted and in a loop, while it is pointed at or has the focus
  alt: string;
  ratio?: number; // width over height
  fit?: 'cover' | 'contain';
  play?: boolean; // from outside: play now, whatever the pointer does
  children?: ReactNode; // labels that lie on it
}

/** A picture that turns into its clip under the pointer. With reduced motion it plays only when it is asked to. */
export function Picture({ src, clip, alt, ratio, fit = 'cover', play, children }: Props) {
  const still = useReducedMotion();
  const [over, setOver] = useState(false);
  const [broken, setBroken] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  const playing = Boolean(clip) && (play ?? (over && !still));
  const over_ = { onPointerEnter: () => setOver(true), onPointerLeave: () => setOver(false) };
  return (
    <div className="picture" data-fit={fit} style={ratio ? { aspectRatio: ratio } : undefined} {...over_}>
      {src && !broken ? (
        <img src={src} alt={alt} loading="lazy" decoding="async" onError={() => setBroken(true)} />
      ) : (
        <span className="sr">{alt}</span>
      )}
      {playing && (
        <video
          ref={video}
          src={clip ?? undefined}
          poster={src ?? undefined}
          muted
          loop
          autoPlay
          playsInline
          aria-hidden
        />
      )}
      {children}
    </div>
  );
}

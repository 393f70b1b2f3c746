import {
  IconAt,
  IconLetterT,
  IconPhoto,
  IconPlayerTrackNext,
  IconSquare,
  IconVideo,
  IconViewportWide,
  IconVolume,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { Take } from './takes';

type Icon = ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;

/** What a model takes, in pictures: the same in its row and on the filter that asks for it. */
export const TAKE_ICONS: Record<Take, Icon> = {
  text: IconLetterT,
  image: IconPhoto,
  frames: IconViewportWide,
  extend: IconPlayerTrackNext,
  references: IconAt,
  sound: IconVolume,
  camera: IconVideo,
  still: IconSquare,
};

import { Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface Props {
  label: string;
  width?: number;
  size?: number; // of the dots
  children: ReactNode; // its items
}

/** Three dots that open a menu of what else can be done with a thing. */
export function MoreMenu({ label, width = 190, size = 17, children }: Props) {
  return (
    <Menu position="bottom-end" width={width}>
      <Menu.Target>
        <button type="button" className="button" data-kind="quiet" data-icon data-small aria-label={label}>
          <IconDots size={size} stroke={1.8} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
